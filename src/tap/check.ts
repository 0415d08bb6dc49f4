/** `--test`: proves that key, region and scopes are right, with one record of each stream at most. */

import { AppError } from '../errors.ts'
import { printJson, type JsonObject } from '../singer/json.ts'
import { inOrder } from './read/campaign-order.ts'
import { ApiClient, type ClientOptions } from './api/client.ts'
import { pagesOf } from './api/pages.ts'
import type { StreamPlan } from './plan.ts'
import { SyncContext, type SyncContextOptions } from './context.ts'
import { StreamOutput, writeSchema } from './record/stream-output.ts'

/** Campaigns that are looked at for a first action. */
const MAX_PARENTS = 20

async function firstRecord(
  run: SyncContext,
  path: string,
  plan: StreamPlan,
): Promise<JsonObject | undefined> {
  const { dataKey, query } = plan.definition
  for await (const page of pagesOf(run.client, { path, dataKey, query })) {
    if (page[0]) return page[0]
  }
  return undefined
}

async function firstOf(run: SyncContext, plan: StreamPlan): Promise<JsonObject | undefined> {
  const { path, parent } = plan.definition
  return parent ? firstAction(run, plan) : firstRecord(run, path, plan)
}

/** Passes over campaigns that were deleted since the list was read; where all were, the path is wrong, as in a sync. */
async function firstAction(run: SyncContext, plan: StreamPlan): Promise<JsonObject | undefined> {
  let hasRead = false
  let gone: AppError | undefined
  for (const { id } of inOrder(await run.campaigns()).slice(0, MAX_PARENTS)) {
    try {
      const path = plan.definition.path.replace('{campaign_id}', printJson(id))
      const record = await firstRecord(run, path, plan)
      if (record) return { ...record, campaign_id: record['campaign_id'] ?? id }
      hasRead = true
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
      gone = error
    }
  }
  if (gone && !hasRead) throw gone
  return undefined
}

/** Failures that every stream would have. */
const COMMON_CODES = new Set(['UNAUTHORIZED', 'TLS_FAILED', 'CONNECTION_FAILED', 'OUTPUT_CLOSED'])

async function checkStream(run: SyncContext, plan: StreamPlan): Promise<void> {
  const record = await firstOf(run, plan)
  await new StreamOutput(plan, run.writer, {}).writePage(record ? [record] : [])
  const stream = plan.definition.id
  const message = record ? `${stream} can be read.` : `${stream} can be read; it is empty.`
  run.logger.info('stream_readable', message, { stream })
}

/**
 * SCHEMA, and with `records` one RECORD, of every stream; no STATE. Says of each stream whether it can be read, then throws the first
 * failure.
 */
export async function checkSource(
  plans: readonly StreamPlan[],
  options: SyncContextOptions,
  mode: { records: boolean },
): Promise<void> {
  const run = new SyncContext(options)
  let failure: AppError | undefined
  for (const plan of plans) {
    await writeSchema(plan, run.writer)
    if (!mode.records) continue
    try {
      await checkStream(run, plan)
    } catch (error) {
      if (!(error instanceof AppError) || COMMON_CODES.has(error.code)) throw error
      const stream = plan.definition.id
      const message = `${stream} cannot be read: ${error.fullText}`
      run.logger.error('stream_unreadable', message, { stream, code: error.code })
      failure ??= error
    }
  }
  await run.writer.flush()
  if (failure) throw failure
}

/** After a 401: the same failure, and where the key is the other region's, what to set. */
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
