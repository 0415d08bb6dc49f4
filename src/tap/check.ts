/** `--test`: checks key, region and scopes by reading at most one record of each stream. */

import { AppError } from '../errors.ts'
import type { JsonObject } from '../singer/json.ts'
import type { ChildrenDefinition, StreamDefinition } from '../streams/definition.ts'
import { parentOf } from '../streams/index.ts'
import { sortParents } from './read/parent-order.ts'
import { childOf, childPath } from './read/child-pages.ts'
import { listPages } from './read/list-pages.ts'
import { windowQuery } from './read/window-walk.ts'
import { ApiClient, type ClientOptions } from './api/client.ts'
import { pagesOf } from './api/pages.ts'
import type { StreamPlan } from './plan.ts'
import { SyncContext, type SyncContextOptions } from './context.ts'
import { StreamOutput, writeSchema } from './record/stream-output.ts'

/** Of a stream that is read in windows: a day, in pages of the fewest rows that the API allows. */
const CHECKED_SECONDS = 86_400
const FEWEST_ROWS = '50'
/** Parents that are searched for a first child. */
const MAX_PARENTS = 20

async function firstRowIn(pages: AsyncIterable<JsonObject[]>): Promise<JsonObject | undefined> {
  for await (const [row] of pages) {
    if (row) return row
  }
  return undefined
}

async function firstRowOf(
  context: SyncContext,
  definition: StreamDefinition,
): Promise<JsonObject | undefined> {
  if (definition.kind === 'children') return firstChild(context, definition)
  if (definition.kind === 'list') return firstRowIn(listPages(context.client, definition))
  const to = Math.floor(Date.now() / 1000)
  const window = { from: to - CHECKED_SECONDS, to }
  const query = { ...windowQuery(definition, window), limit: FEWEST_ROWS }
  return firstRowIn(pagesOf(context.client, { ...definition, query }))
}

async function firstRecordOf(
  context: SyncContext,
  { definition }: StreamPlan,
): Promise<JsonObject | undefined> {
  const found = await firstRowOf(context, definition)
  return found && context.stamped(definition, found)
}

/** All parents of a list that comes whole, else those of its first page. */
async function firstParents(
  context: SyncContext,
  definition: ChildrenDefinition,
): Promise<JsonObject[]> {
  const parent = parentOf(definition)
  if (parent.isShared) return context.sharedList(parent)
  for await (const page of listPages(context.client, parent)) if (page.length > 0) return page
  return []
}

/**
 * Skips parents that were deleted after the list was read. Throws NOT_FOUND if all are, as a sync
 * does.
 */
async function firstChild(
  context: SyncContext,
  definition: ChildrenDefinition,
): Promise<JsonObject | undefined> {
  let hasFound = false
  let notFound: AppError | undefined
  const parents = await firstParents(context, definition)
  for (const { id } of sortParents(parents, definition.parent.stream).slice(0, MAX_PARENTS)) {
    try {
      const path = childPath(definition, id)
      const raw = await firstRowIn(pagesOf(context.client, { ...definition, path }))
      if (raw) return childOf(definition, id, raw)
      hasFound = true
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
      notFound = error
    }
  }
  if (notFound && !hasFound) throw notFound
  return undefined
}

/** Errors that every stream would have. */
const COMMON_CODES = new Set(['UNAUTHORIZED', 'TLS_FAILED', 'CONNECTION_FAILED', 'OUTPUT_CLOSED'])

async function checkStream(context: SyncContext, plan: StreamPlan): Promise<void> {
  const record = await firstRecordOf(context, plan)
  await new StreamOutput(plan, context.writer, {}).writePage(record ? [record] : [])
  const stream = plan.definition.id
  const message = record ? `${stream} can be read.` : `${stream} can be read; it is empty.`
  context.logger.info('stream_readable', message, { stream })
}

/**
 * Writes the SCHEMA of every stream and, with `records`, one RECORD; no STATE. Logs whether each
 * stream can be read, then throws the first failure.
 */
export async function checkSource(
  plans: readonly StreamPlan[],
  options: SyncContextOptions,
  mode: { records: boolean },
): Promise<void> {
  const context = new SyncContext(options)
  let failure: AppError | undefined
  for (const plan of plans) {
    await writeSchema(plan, context.writer)
    if (!mode.records) continue
    try {
      await checkStream(context, plan)
    } catch (error) {
      if (!(error instanceof AppError) || COMMON_CODES.has(error.code)) throw error
      const stream = plan.definition.id
      const message = `${stream} cannot be read: ${error.fullText}`
      context.logger.error('stream_unreadable', message, { stream, code: error.code })
      failure ??= error
    }
  }
  await context.writer.flush()
  if (failure) throw failure
}

/**
 * For UNAUTHORIZED: the same error and, if the key belongs to the other region, the hint and the
 * fact `suggested_region`. Any other error is returned as it is.
 */
export async function withRegionHint(error: unknown, options: ClientOptions): Promise<unknown> {
  const { config } = options
  const isKeyRefused = error instanceof AppError && error.code === 'UNAUTHORIZED'
  if (!isKeyRefused || config.api_url !== undefined) return error
  const region = config.region === 'eu' ? 'us' : 'eu'
  const other = new ApiClient({
    ...options,
    config: { ...config, region, retry_budget_seconds: 5 },
  })
  try {
    await other.get({ path: '/newsletters', query: { limit: '1' }, read: () => true })
    return new AppError('UNAUTHORIZED', error.message, {
      hint: `The key belongs to the other region: set \`region\` to ${region}.`,
      facts: { suggested_region: region },
      cause: error,
    })
  } catch {
    return error
  } finally {
    await other.close()
  }
}
