/**
 * Writes a stream in windows of creation time, and reads each row again at certain ages. The state
 * moves after each window, once its rows are written.
 */

import type { JsonObject } from '../../singer/json.ts'
import type { WindowsDefinition } from '../../streams/definition.ts'
import type { SyncContext } from '../context.ts'
import type { StreamPlan } from '../plan.ts'
import { createdMsOf } from '../record/incremental.ts'
import { epochMsOf } from '../record/record.ts'
import { StreamOutput } from '../record/stream-output.ts'
import { afterReading, dueSpans, type Ladder, type Span } from '../windows/ages.ts'
import { canHaveChanged, isFirstReadLate, type RowAges } from '../windows/emission.ts'
import {
  bookmarkWith,
  KEPT_DAYS,
  keptSince,
  ladderStart,
  type LadderStart,
} from '../windows/marks.ts'
import {
  FIRST_WIDTH_SECONDS,
  firstWindows,
  narrowed,
  spansFrom,
  widthAfter,
} from '../windows/window-width.ts'
import { charsOf } from './child-pages.ts'
import { readAhead } from './read-ahead.ts'
import { widthRuleOf, windowQuery, WindowWalk } from './window-walk.ts'

/** Windows that are read at the same time, once their width is known. */
const MAX_WINDOWS = 8

function secondsOf(epochMs: number | undefined): number | undefined {
  return epochMs === undefined ? undefined : Math.floor(epochMs / 1000)
}

function agesOf(definition: WindowsDefinition, raw: JsonObject): RowAges {
  const changed = raw[definition.window.changedField]
  const [suffix] = typeof changed === 'string' ? changed.split(':').slice(-1) : []
  return {
    createdSeconds: secondsOf(createdMsOf(raw, definition.createdField)),
    changedSeconds: secondsOf(epochMsOf(suffix)),
  }
}

/** The server's clock sets the windows, so one response must come first. */
async function learnServerTime(context: SyncContext, definition: WindowsDefinition): Promise<void> {
  const { client } = context
  if (client.hasServerTime) return
  const now = Math.floor(Date.now() / 1000)
  const query = windowQuery(definition, { from: now, to: now })
  await client.get({ path: definition.path, query, read: () => true })
}

/** One read of the stream: where its rungs are, and what was written. */
class WindowsRead {
  readonly #context: SyncContext
  readonly #plan: StreamPlan
  readonly #definition: WindowsDefinition
  readonly #output: StreamOutput
  readonly #startSeconds: number
  #ladder: Ladder
  #width = FIRST_WIDTH_SECONDS
  #savedAt = -Infinity
  #isSaved = true

  constructor(
    context: SyncContext,
    { plan, definition }: { plan: StreamPlan; definition: WindowsDefinition },
    { ladder, startSeconds }: LadderStart,
  ) {
    this.#context = context
    this.#plan = plan
    this.#definition = definition
    this.#output = new StreamOutput(plan, context.writer, {})
    this.#startSeconds = startSeconds
    this.#ladder = ladder
  }

  get records(): number {
    return this.#output.records
  }

  /** Reads what is due now. */
  async run(): Promise<void> {
    let spans = dueSpans(this.#ladder, this.#nowSeconds())
    for (let count = 1; spans.length > 0; count = Math.min(count * 2, MAX_WINDOWS)) {
      const windows = firstWindows(spans, { width: this.#width, count })
      spans = spansFrom(spans, await this.#readWindows(windows))
    }
    if (!this.#isSaved) await this.#save()
  }

  #nowSeconds(): number {
    return Math.floor(this.#context.client.serverNowMs / 1000)
  }

  /** Saves the start of a first sync, which depends on the time of the run. */
  async saveStart(): Promise<void> {
    const startMs = this.#startSeconds * 1000
    if (this.#plan.bookmark.startMs === startMs) return
    await this.#context.writeBookmark(this.#plan, { ...this.#plan.bookmark, startMs })
  }

  /** Writes windows in order. Returns the first second that was not read. */
  async #readWindows(windows: readonly Span[]): Promise<number> {
    const walks = windows.map(
      (window) =>
        new WindowWalk(this.#context, this.#definition, {
          window,
          isCertain: isFirstReadLate(this.#ladder, window, this.#nowSeconds()),
        }),
    )
    const rule = widthRuleOf(this.#definition)
    const options = { lists: MAX_WINDOWS, sizeOf: charsOf }
    let next = 0
    for await (const { item: walk, pages } of readAhead(walks, (one) => one.read(), options)) {
      await this.#writePages(walk, pages)
      if (walk.mustNarrow) {
        this.#width = narrowed(walk.window, rule) ?? 1
        return walk.window.from
      }
      await this.#finish(walk)
      this.#width = widthAfter(this.#width, walk, rule)
      next = walk.window.to + 1
    }
    return next
  }

  async #writePages(walk: WindowWalk, pages: AsyncIterable<JsonObject[]>): Promise<void> {
    const { signal, writer } = this.#context
    for await (const page of pages) {
      signal.throwIfAborted()
      const rows = page.filter((raw) =>
        canHaveChanged(this.#ladder, agesOf(this.#definition, raw), walk.readAtSeconds),
      )
      await this.#output.writePage(rows.map((raw) => this.#context.stamped(this.#definition, raw)))
      await writer.flush()
    }
  }

  async #finish({ window, readAtSeconds }: WindowWalk): Promise<void> {
    const marks = afterReading(this.#ladder, window, readAtSeconds)
    this.#ladder = { ...this.#ladder, marks }
    this.#isSaved = false
    const { stateIntervalMs } = this.#context
    if (performance.now() - this.#savedAt >= stateIntervalMs) await this.#save()
  }

  async #save(): Promise<void> {
    const { ages } = this.#definition.window
    const { marks } = this.#ladder
    const place = { ages, marks, startSeconds: this.#startSeconds }
    await this.#context.writeBookmark(this.#plan, bookmarkWith(this.#plan.bookmark, place))
    this.#savedAt = performance.now()
    this.#isSaved = true
  }
}

function warnOfStart(context: SyncContext, stream: string, start: LadderStart): void {
  const kept = keptSince(Math.floor(context.client.startedAtMs / 1000))
  const [readUpTo = kept] = start.ladder.marks
  if (start.isBookmarkIgnored) {
    context.logger.warn(
      'bookmark_in_future',
      'The bookmark was in the future and was replaced; everything since the start of the first sync was read.',
      { stream },
    )
  }
  if (readUpTo + 1 < kept) {
    context.logger.warn(
      'start_before_kept',
      `Customer.io lists deliveries for 6 months, so unread rows that are older than ${KEPT_DAYS} days may be missing.`,
      { stream },
    )
  }
}

/** Writes what is due, and returns the number of records. */
export async function writeWindows(
  context: SyncContext,
  plan: StreamPlan,
  definition: WindowsDefinition,
): Promise<number> {
  await learnServerTime(context, definition)
  const nowSeconds = Math.floor(context.client.serverNowMs / 1000)
  const { config } = context
  const start = ladderStart(plan.bookmark, definition.window.ages, { config, nowSeconds })
  if (start.startSeconds > nowSeconds) {
    context.logger.warn(
      'start_date_in_future',
      '`start_date` is in the future, so no record is written.',
      { stream: definition.id },
    )
    await context.writeState()
    return 0
  }
  warnOfStart(context, definition.id, start)
  const read = new WindowsRead(context, { plan, definition }, start)
  if (start.isFirst) await read.saveStart()
  await read.run()
  return read.records
}
