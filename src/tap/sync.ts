/**
 * Reads the selected streams in order. A stream that fails does not stop the others; STATE follows
 * each.
 */

import { AppError } from '../errors.ts'
import type { ChildrenDefinition, ListDefinition } from '../streams/definition.ts'
import { SyncContext, type SyncContextOptions } from './context.ts'
import type { StreamPlan } from './plan.ts'
import { saveResumed } from './read/bookmark.ts'
import { writeChildren } from './read/children.ts'
import { startPass, type ChildPass } from './read/child-pages.ts'
import { ChildPasses } from './read/child-passes.ts'
import { finishRead } from './read/finish-read.ts'
import { writeList } from './read/list.ts'
import { writeWindows } from './read/windows.ts'
import { writeSchema } from './record/stream-output.ts'

/** After these errors no other stream can succeed. */
const FATAL_CODES = new Set([
  'UNAUTHORIZED',
  'PROXY_REFUSED',
  'TLS_FAILED',
  'OUTPUT_CLOSED',
  'OUTPUT_FAILED',
])

/** Without the progress of the other replication method, which cannot be resumed. */
function withUsableProgress(plan: StreamPlan): StreamPlan {
  const { progress, ...bookmark } = plan.bookmark
  const isOfMethod = (progress?.version !== undefined) === (plan.method === 'FULL_TABLE')
  return progress && isOfMethod ? plan : { ...plan, bookmark }
}

/** Reads the children of all parents and ignores the progress of an interrupted read. */
async function readAllChildren(
  context: SyncContext,
  plan: StreamPlan,
  definition: ChildrenDefinition,
): Promise<number> {
  const { progress: _progress, ...bookmark } = plan.bookmark
  context.logger.info(
    'resume_found_nothing',
    `No row of ${definition.parent.stream} was found after the last finished one, so all are read again.`,
    { stream: definition.id },
  )
  const pass = startPass(context, definition, {})
  const read = await writeChildren(context, { ...plan, bookmark }, pass)
  await finishRead(context, read)
  return read.output.records
}

/**
 * Writes the children, and returns their number. An interrupted read is completed first, so that
 * runs that are interrupted again and again still make progress. Then the parents that it had
 * finished are read again, because they may have changed since.
 */
async function syncChildren(
  context: SyncContext,
  plan: StreamPlan,
  pass: ChildPass,
): Promise<number> {
  const { progress } = plan.bookmark
  const read = await writeChildren(context, plan, pass)
  if (read.isInconclusive) return readAllChildren(context, read.plan, pass.definition)
  if (!progress) {
    await finishRead(context, read)
    return read.output.records
  }
  const resumed = await saveResumed(context, { ...read, fingerprint: read.startFingerprint })
  const reread = startPass(context, pass.definition, { upTo: progress.lastParentId })
  const whole = await writeChildren(context, resumed, { ...reread, earlier: read })
  await finishRead(context, whole)
  return whole.output.records
}

async function syncList(
  context: SyncContext,
  plan: StreamPlan,
  definition: ListDefinition,
): Promise<number> {
  const read = await writeList(context, plan, definition)
  await finishRead(context, read)
  return read.output.records
}

async function writeStream(
  context: SyncContext,
  plan: StreamPlan,
  pass: ChildPass | undefined,
): Promise<number> {
  const { definition } = plan
  if (definition.kind === 'list') return syncList(context, plan, definition)
  if (definition.kind === 'windows') return writeWindows(context, plan, definition)
  return syncChildren(context, plan, pass ?? startPass(context, definition, {}))
}

async function syncStream(
  context: SyncContext,
  plan: StreamPlan,
  pass: ChildPass | undefined,
): Promise<void> {
  const stream = plan.definition.id
  const began = performance.now()
  let status = 'failed'
  try {
    await writeSchema(plan, context.writer)
    const records = await writeStream(context, plan, pass)
    status = 'succeeded'
    const seconds = Math.round((performance.now() - began) / 100) / 10
    context.logger.info('stream_finished', `Read ${stream}.`, { stream, records, seconds })
  } finally {
    const value = (performance.now() - began) / 1000
    context.logger.metric({
      type: 'timer',
      metric: 'sync_duration',
      value,
      tags: { stream, status },
    })
  }
}

/** All failures as one error, with the code of the first one. */
function summaryError(
  failures: readonly { stream: string; error: AppError }[],
): AppError | undefined {
  const [first] = failures
  if (!first) return undefined
  const texts = failures.map(({ stream, error }) => `${stream}: ${error.message}`)
  return new AppError(first.error.code, `Not all streams were read. ${texts.join(' ')}`, {
    hint:
      first.error.hint ??
      'The records that were read are kept; the next run reads these streams from their last bookmarks.',
    facts: { failed_streams: failures.map(({ stream }) => stream).join() },
    cause: first.error,
  })
}

/**
 * Writes the messages of the selected streams. If some fail, the others are still read; then it
 * throws one AppError for all failures. Throws the signal's reason when the run is stopped.
 */
export async function sync(
  selected: readonly StreamPlan[],
  options: SyncContextOptions,
): Promise<void> {
  const context = new SyncContext(options)
  const failures: { stream: string; error: AppError }[] = []
  const plans = selected.map(withUsableProgress)
  if (plans.length === 0) {
    options.logger.warn('no_stream_selected', 'No stream is selected, so nothing was read.')
    await context.writeState()
  }
  const passes = new ChildPasses(context)
  for (const [at, plan] of plans.entries()) {
    options.signal.throwIfAborted()
    try {
      await syncStream(context, plan, passes.startFor(plans.slice(at)))
    } catch (error) {
      const stream = plan.definition.id
      if (options.signal.aborted || !(error instanceof AppError)) throw error
      if (FATAL_CODES.has(error.code)) throw error
      failures.push({ stream, error })
      options.logger.error(
        'stream_failed',
        `${stream} was not read completely; its bookmark is unchanged.`,
        {
          stream,
          code: error.code,
        },
      )
    }
  }
  const failed = summaryError(failures)
  if (failed) throw failed
}
