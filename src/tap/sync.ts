/** Selected streams in order; each by itself, so that one that fails does not hold up the others; STATE after each. */

import { AppError } from '../errors.ts'
import { advanced, type Bookmark } from '../singer/state.ts'
import { startActions, writeActions, type CampaignPages } from './actions.ts'
import { writeList } from './list.ts'
import type { StreamPlan } from './plan.ts'
import type { Read } from './read.ts'
import { TapRun, type RunOptions } from './run.ts'
import { writeSchema } from './stream-output.ts'

/** An interrupted read that began longer ago holds too much that may have changed since. */
const MAX_RESUMED_MS = 3_600_000

/** Failures after which no other stream can succeed either. */
const FATAL_CODES = new Set([
  'UNAUTHORIZED',
  'PROXY_REFUSED',
  'TLS_FAILED',
  'OUTPUT_CLOSED',
  'OUTPUT_FAILED',
])

/** Progress of the other method cannot be gone on with. */
function withUsableProgress(plan: StreamPlan): StreamPlan {
  const { progress, ...bookmark } = plan.bookmark
  const isOfMethod = (progress?.version !== undefined) === (plan.method === 'FULL_TABLE')
  return progress && isOfMethod ? plan : { ...plan, bookmark }
}

/** Writes what makes a complete read count, and returns the new bookmark. */
async function finish(run: TapRun, plan: StreamPlan, read: Read): Promise<Bookmark> {
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
  const startedAtMs = Math.min(bounds.startedAtMs, run.client.startedAtMs)
  const valueMs = advanced(oldMs, {
    greatestMs: output.greatestMs,
    startedAtMs: Math.floor(startedAtMs / 1000) * 1000,
    sinceMs: bounds.sinceMs,
  })
  const bookmark = {
    ...(valueMs !== undefined && { valueMs }),
    ...(version !== undefined && { version }),
    ...(read.seen && { seen: read.seen }),
    ...(read.unread && { unread: read.unread }),
  }
  await run.writeBookmark(plan, bookmark)
  return bookmark
}

/** Reads the actions of all campaigns from the first one on, whatever an interrupted read has done of it. */
async function readAllActions(run: TapRun, plan: StreamPlan, why: string): Promise<number> {
  const { progress: _progress, ...bookmark } = plan.bookmark
  run.logger.info(why, { stream: plan.definition.id })
  const fresh = { ...plan, bookmark }
  const read = await writeActions(run, fresh, startActions(run, fresh))
  await finish(run, fresh, read)
  return read.output.records
}

/**
 * Writes the actions, and returns how many. An interrupted read is completed first, so that runs which are cut short again and again bring
 * everything all the same; where it began long ago, or where nothing of its rest was found, all of it is read once more.
 */
async function syncActions(
  run: TapRun,
  plan: StreamPlan,
  campaigns: CampaignPages,
): Promise<number> {
  const { progress } = plan.bookmark
  const read = await writeActions(run, plan, campaigns)
  if (read.isDoubtful)
    return readAllActions(run, plan, 'No campaign of the rest was found; all are read again.')
  const bookmark = await finish(run, plan, read)
  const { records } = read.output
  if (!progress || run.client.startedAtMs - progress.startedAtMs < MAX_RESUMED_MS) return records
  const why = 'The interrupted sync began long ago; what changed since is read as well.'
  return records + (await readAllActions(run, { ...plan, bookmark }, why))
}

async function syncList(run: TapRun, plan: StreamPlan): Promise<number> {
  const read = await writeList(run, plan)
  await finish(run, plan, read)
  return read.output.records
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
    const records = campaigns ? await syncActions(run, plan, campaigns) : await syncList(run, plan)
    status = 'succeeded'
    const seconds = Math.round((performance.now() - began) / 100) / 10
    run.logger.info(`Read ${stream}.`, { stream, records, seconds })
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
