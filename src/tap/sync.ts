/** Selected streams in order; each by itself, so that one that fails does not hold up the others; STATE after each. */

import { AppError } from '../errors.ts'
import { startActions, writeActions, type Pass } from './read/campaign-actions.ts'
import type { CampaignRange } from './read/campaign-order.ts'
import { finish, finishInterrupted } from './read/finish.ts'
import { writeList } from './read/list.ts'
import type { StreamPlan } from './plan.ts'
import { SyncContext, type SyncContextOptions } from './context.ts'
import { writeSchema } from './record/stream-output.ts'

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

/** An interrupted read goes on behind the last campaign that it finished. */
function rangeOf({ bookmark }: StreamPlan): CampaignRange {
  const { progress } = bookmark
  return progress ? { behind: progress.lastCampaignId } : {}
}

/** Reads the actions of all campaigns from the first one on, whatever an interrupted read has done of it. */
async function readAllActions(run: SyncContext, plan: StreamPlan): Promise<number> {
  const { progress: _progress, ...bookmark } = plan.bookmark
  run.logger.info(
    'resume_found_nothing',
    'No campaign of the rest was found; all are read again.',
    {
      stream: plan.definition.id,
    },
  )
  const fresh = { ...plan, bookmark }
  const read = await writeActions(run, fresh, startActions(run, {}))
  await finish(run, fresh, read)
  return read.output.records
}

/**
 * Writes the actions, and returns how many. An interrupted read is completed first, so that runs which are cut short again and again bring
 * everything all the same. Then the campaigns that it had finished are read once more, so that nothing that changed since stays as it was.
 */
async function syncActions(run: SyncContext, plan: StreamPlan, pass: Pass): Promise<number> {
  const { progress } = plan.bookmark
  const read = await writeActions(run, plan, pass)
  if (read.isDoubtful) return readAllActions(run, plan)
  if (!progress) {
    await finish(run, plan, read)
    return read.output.records
  }
  const rest = { ...plan, bookmark: await finishInterrupted(run, plan, read) }
  const again = startActions(run, { upTo: progress.lastCampaignId })
  const whole = await writeActions(run, rest, { ...again, before: read })
  await finish(run, rest, whole)
  return whole.output.records
}

async function syncList(run: SyncContext, plan: StreamPlan): Promise<number> {
  const read = await writeList(run, plan)
  await finish(run, plan, read)
  return read.output.records
}

async function syncStream(
  run: SyncContext,
  plan: StreamPlan,
  pass: Pass | undefined,
): Promise<void> {
  const stream = plan.definition.id
  const began = performance.now()
  let status = 'failed'
  try {
    await writeSchema(plan, run.writer)
    const records = pass ? await syncActions(run, plan, pass) : await syncList(run, plan)
    status = 'succeeded'
    const seconds = Math.round((performance.now() - began) / 100) / 10
    run.logger.info('stream_finished', `Read ${stream}.`, { stream, records, seconds })
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
export async function sync(
  selected: readonly StreamPlan[],
  options: SyncContextOptions,
): Promise<void> {
  const run = new SyncContext(options)
  const failures: { stream: string; error: AppError }[] = []
  const plans = selected.map(withUsableProgress)
  if (plans.length === 0) {
    options.logger.warn('no_stream_selected', 'No stream is selected, so nothing was read.')
    await run.writeState()
  }
  // Started in the order in which they are wanted: the slots of the rate ceiling are handed out first come, first served.
  const reading = plans.map((plan) => ({
    plan,
    pass: plan.definition.parent ? startActions(run, rangeOf(plan)) : undefined,
  }))
  for (const { plan, pass } of reading) {
    options.signal.throwIfAborted()
    try {
      await syncStream(run, plan, pass)
    } catch (error) {
      const stream = plan.definition.id
      if (options.signal.aborted || !(error instanceof AppError)) throw error
      if (FATAL_CODES.has(error.code)) throw error
      failures.push({ stream, error })
      options.logger.error(
        'stream_failed',
        `${stream} was not read to its end; its bookmark stays.`,
        {
          stream,
          code: error.code,
        },
      )
    }
  }
  const failed = summary(failures)
  if (failed) throw failed
}
