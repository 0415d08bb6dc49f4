/** Selected streams in order; each by itself, so that one that fails does not hold up the others; STATE after each. */

import { AppError } from '../errors.ts'
import { printJson } from '../singer/json.ts'
import { advanced, type Bookmark, type Seen } from '../singer/state.ts'
import { startActions, writeActions, type CampaignPages } from './actions.ts'
import { Fingerprint } from './fingerprint.ts'
import { configuredStart, startOf } from './incremental.ts'
import { pagesOf } from './pages.ts'
import type { StreamPlan } from './plan.ts'
import { TapRun, type RunOptions } from './run.ts'
import { StreamOutput, writeSchema, type OutputBounds } from './stream-output.ts'

type Bounds = OutputBounds & { startedAtMs: number; isBookmarkIgnored?: boolean }

/** Failures after which no other stream can succeed either. */
const FATAL_CODES = new Set([
  'UNAUTHORIZED',
  'PROXY_REFUSED',
  'TLS_FAILED',
  'OUTPUT_CLOSED',
  'OUTPUT_FAILED',
])

/** A version greater than the last one, whatever the clocks did. */
function nextVersion(plan: StreamPlan, startedAtMs: number): number {
  return Math.max(startedAtMs, (plan.bookmark.version ?? 0) + 1)
}

/** For once the server has answered: its clock counts. An interrupted read goes on with the bounds that it began with. */
function boundsOf(run: TapRun, plan: StreamPlan): Bounds {
  const { progress, valueMs } = plan.bookmark
  if (progress) return progress
  const { startedAtMs } = run.client
  if (plan.method === 'FULL_TABLE') return { startedAtMs, version: nextVersion(plan, startedAtMs) }
  return { startedAtMs, ...startOf(valueMs, run.config, startedAtMs) }
}

/**
 * The bounds of a read, known once the server has answered. A new table version goes into the state before any record carries it: a
 * read that is killed and begun again later never uses the same or a smaller one, and so retires what the killed one left.
 */
async function begin(run: TapRun, plan: StreamPlan): Promise<Bounds> {
  const bounds = boundsOf(run, plan)
  const { version } = bounds
  if (bounds.sinceMs !== undefined && bounds.sinceMs > bounds.startedAtMs) {
    const stream = plan.definition.id
    run.logger.warn('`start_date` lies in the future, so nothing passes.', { stream })
  }
  if (version !== undefined && plan.bookmark.progress === undefined) {
    plan.bookmark = { ...plan.bookmark, version }
    await run.writeBookmark(plan, plan.bookmark)
  }
  return bounds
}

/** Progress of the other method cannot be gone on with. */
function withUsableProgress(plan: StreamPlan): StreamPlan {
  const { progress, ...bookmark } = plan.bookmark
  const isOfMethod = (progress?.version !== undefined) === (plan.method === 'FULL_TABLE')
  return progress && isOfMethod ? plan : { ...plan, bookmark }
}

/** What reading a stream came to. */
interface Read {
  output: StreamOutput
  bounds: Bounds
  seen?: Seen
  unread?: Bookmark['unread']
}

async function writeList(run: TapRun, plan: StreamPlan): Promise<Read> {
  const { seen } = plan.bookmark
  const isCompared = plan.method === 'INCREMENTAL' && seen !== undefined
  const earlier = isCompared
    ? new Fingerprint(seen.beforeMs, plan.definition.remembered)
    : undefined
  const read = await writePages(run, plan, { earlier })
  if (!seen || !earlier || earlier.text === seen.digest) return read
  run.logger.info(
    'Rows vanished or changed unmarked since the last sync, which may hide others: all were read again.',
    { stream: plan.definition.id },
  )
  const sinceMs = configuredStart(run.config, seen.beforeMs)
  const { greatestMs, records } = read.output
  const { sinceMs: _sinceMs, ...bounds } = read.bounds
  return writePages(run, plan, {
    bounds: {
      ...bounds,
      records,
      ...(sinceMs !== undefined && { sinceMs }),
      ...(greatestMs !== undefined && { greatestMs }),
    },
  })
}

/** One read of the list to its end. A list of one page cannot hide a row, so its ids alone leave no fingerprint. */
async function writePages(
  run: TapRun,
  plan: StreamPlan,
  given: { earlier?: Fingerprint | undefined; bounds?: Bounds },
): Promise<Read> {
  const { path, dataKey, query, id, remembered } = plan.definition
  const pages =
    id === 'campaigns' ? [await run.campaigns()] : pagesOf(run.client, { path, dataKey, query })
  const ids = new Set<string>()
  let started: (Read & { fingerprint: Fingerprint }) | undefined
  let count = 0
  for await (const page of pages) {
    run.signal.throwIfAborted()
    if (!started) {
      const bounds = given.bounds ?? (await begin(run, plan))
      const output = new StreamOutput(plan, run.writer, bounds)
      started = { bounds, output, fingerprint: new Fingerprint(bounds.startedAtMs, remembered) }
    }
    for (const raw of page) {
      const key = printJson(raw['id'] ?? null)
      if (ids.has(key)) continue
      ids.add(key)
      given.earlier?.add(raw)
      started.fingerprint.add(raw)
    }
    await started.output.writePage(page)
    await run.writer.flush()
    count++
  }
  if (!started) throw new Error(`the list of ${id} ended before its first page`)
  const { output, bounds, fingerprint } = started
  const seen = { beforeMs: bounds.startedAtMs, digest: fingerprint.text }
  return { output, bounds, ...((count > 1 || remembered.length > 1) && { seen }) }
}

async function writeChildren(
  run: TapRun,
  plan: StreamPlan,
  campaigns: CampaignPages,
): Promise<Read> {
  await run.campaigns()
  const bounds = await begin(run, plan)
  if (plan.bookmark.progress) {
    run.logger.info('Going on behind the last finished campaign of an interrupted sync.', {
      stream: plan.definition.id,
      last_campaign_id: printJson(plan.bookmark.progress.lastCampaignId),
    })
  }
  return { bounds, ...(await writeActions(run, plan, { campaigns, bounds })) }
}

async function finish(run: TapRun, plan: StreamPlan, read: Read): Promise<void> {
  const { output, bounds } = read
  const { id } = plan.definition
  const version = bounds.version ?? plan.bookmark.version
  if (bounds.version !== undefined && run.config.emit_activate_version_messages !== false) {
    await run.writer.writeMessage({ type: 'ACTIVATE_VERSION', stream: id, version: bounds.version })
  }
  if (bounds.isBookmarkIgnored) {
    run.logger.warn(
      'The bookmark lay in the future and was replaced; everything since the configured start was read.',
      {
        stream: id,
      },
    )
  }
  const oldMs = bounds.isBookmarkIgnored ? undefined : plan.bookmark.valueMs
  const seen = {
    greatestMs: output.greatestMs,
    startedAtMs: Math.floor(bounds.startedAtMs / 1000) * 1000,
  }
  const valueMs = advanced(oldMs, seen)
  await run.writeBookmark(plan, {
    ...(valueMs !== undefined && { valueMs }),
    ...(version !== undefined && { version }),
    ...(read.seen && { seen: read.seen }),
    ...(read.unread && { unread: read.unread }),
  })
}

async function syncStream(
  run: TapRun,
  plan: StreamPlan,
  campaigns: CampaignPages | undefined,
): Promise<void> {
  const stream = plan.definition.id
  const began = performance.now()
  let status = 'failed'
  try {
    await writeSchema(plan, run.writer)
    const read = campaigns ? await writeChildren(run, plan, campaigns) : await writeList(run, plan)
    await finish(run, plan, read)
    status = 'succeeded'
    const seconds = Math.round((performance.now() - began) / 100) / 10
    run.logger.info(`Read ${stream}.`, { stream, records: read.output.records, seconds })
  } finally {
    const value = (performance.now() - began) / 1000
    run.logger.metric({
      type: 'timer',
      metric: 'sync_duration',
      value,
      tags: { stream, status },
    })
  }
}

/** One failure as it is, several as one sentence; the exit status is the first one's. */
function summary(failures: readonly { stream: string; error: AppError }[]): AppError | undefined {
  const [first] = failures
  if (!first) return undefined
  const texts = failures.map(({ stream, error }) => `${stream}: ${error.message}`)
  return new AppError(first.error.code, `Not all streams were read. ${texts.join(' ')}`, {
    hint:
      first.error.hint ??
      'What was read stays; the next run takes these streams from their last bookmarks.',
    facts: { failed_streams: failures.map(({ stream }) => stream).join() },
    cause: first.error,
  })
}

/**
 * Reads the selected streams and writes their messages. Returns when every one was read to its end; throws the AppError of those that
 * failed after the others were read, or the signal's reason.
 */
export async function sync(selected: readonly StreamPlan[], options: RunOptions): Promise<void> {
  const run = new TapRun(options)
  const failures: { stream: string; error: AppError }[] = []
  const plans = selected.map(withUsableProgress)
  if (plans.length === 0) {
    options.logger.warn('No stream is selected, so nothing was read.')
    await run.writeState()
  }
  // Started in the order in which they are wanted: the slots of the rate ceiling are handed out first come, first served.
  const reading = plans.map((plan) => ({
    plan,
    campaigns: plan.definition.parent ? startActions(run, plan) : undefined,
  }))
  for (const { plan, campaigns } of reading) {
    options.signal.throwIfAborted()
    try {
      await syncStream(run, plan, campaigns)
    } catch (error) {
      const stream = plan.definition.id
      if (options.signal.aborted || !(error instanceof AppError)) throw error
      if (FATAL_CODES.has(error.code)) throw error
      failures.push({ stream, error })
      options.logger.error(`${stream} was not read to its end; its bookmark stays.`, {
        stream,
        code: error.code,
      })
    }
  }
  const failed = summary(failures)
  if (failed) throw failed
}
