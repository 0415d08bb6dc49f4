/** Writes the actions of campaigns in ascending campaign id, and a STATE after each campaign. */

import { AppError } from '../../errors.ts'
import { printJson, type JsonObject } from '../../singer/json.ts'
import type { Fingerprint, Progress } from '../../singer/state.ts'
import { parentOf } from '../../streams/index.ts'
import type { SyncContext } from '../context.ts'
import type { StreamPlan } from '../plan.ts'
import { StreamOutput } from '../record/stream-output.ts'
import { beginRead } from './begin-read.ts'
import { saveProgress } from './bookmark.ts'
import { boundsOfRereading, unfiltered, type Bounds } from './bounds.ts'
import { sortCampaigns, type CampaignId } from './campaign-order.ts'
import { idText, type CampaignPages, type CampaignPass } from './campaign-pages.ts'
import { FingerprintHash } from './fingerprint.ts'
import {
  allMissingError,
  isDue,
  startPassState,
  unreadAfter,
  unreadAtEnd,
  withFound,
  withMissing,
} from './pass-state.ts'
import { RowCount } from './row-count.ts'
import type { BegunRead, StreamRead } from './stream-read.ts'

interface ListFingerprints {
  /** Of the campaign list of this run. */
  fingerprint: Fingerprint
  /**
   * Of the campaign list with which the read began, in this run or in the one that was interrupted.
   */
  startFingerprint: Fingerprint
}

type BegunPass = BegunRead & ListFingerprints

/** A pass that is complete. */
export type ActionsRead = StreamRead &
  ListFingerprints & {
    /** The run found a campaign. */
    hasFound: boolean
    /** The rest of an interrupted read consists of missing campaigns, so it proves nothing. */
    isInconclusive: boolean
  }

/** Detects campaigns that were created, deleted or got other actions without a newer `updated`. */
function digestOf(
  campaigns: readonly JsonObject[],
  plan: StreamPlan,
  createdBeforeMs: number,
): string {
  const hash = new FingerprintHash(createdBeforeMs, plan.definition.fingerprintFields)
  for (const { raw } of sortCampaigns(campaigns)) hash.add(raw)
  return hash.digest
}

function rereadBounds(context: SyncContext, plan: StreamPlan, earlier: ActionsRead): Bounds {
  const { config, client } = context
  const { greatestMs, records } = earlier.output
  const { version } = earlier.bounds
  const options = { config, startedAtMs: client.startedAtMs }
  return boundsOfRereading(plan, options, { version, greatestMs, records })
}

/**
 * Without the filter on `updated` if the campaign list changed since the last or interrupted read.
 */
async function beginPass(
  context: SyncContext,
  plan: StreamPlan,
  earlier?: ActionsRead,
): Promise<BegunPass> {
  const list = await context.sharedList(parentOf(plan.definition))
  const { progress, fingerprint: lastFingerprint } = plan.bookmark
  const stream = plan.definition.id
  const begun = earlier
    ? { plan, bounds: rereadBounds(context, plan, earlier) }
    : await beginRead(context, plan)
  const createdBeforeMs = context.client.startedAtMs
  const fingerprint = { createdBeforeMs, digest: digestOf(list, plan, createdBeforeMs) }
  const unknown = { createdBeforeMs, digest: 'none' }
  const startFingerprint = progress ? (progress.fingerprint ?? unknown) : fingerprint
  if (progress) {
    context.logger.info(
      'sync_resumed',
      'Resumed an interrupted sync after its last finished campaign.',
      { stream, last_campaign_id: printJson(progress.lastCampaignId) },
    )
  }
  const compared = progress ? startFingerprint : lastFingerprint
  if (!compared || digestOf(list, plan, compared.createdBeforeMs) === compared.digest)
    return { ...begun, fingerprint, startFingerprint }
  if (!earlier) {
    context.logger.info(
      'actions_changed',
      'Older campaigns were created, deleted or got other actions, so all actions are written.',
      { stream },
    )
  }
  return { ...begun, bounds: unfiltered(begun.bounds), fingerprint, startFingerprint }
}

function progressOf(
  { bounds, startFingerprint }: BegunPass,
  lastCampaignId: CampaignId,
  greatestMs: number | undefined,
): Progress {
  const { startedAtMs, sinceMs, version } = bounds
  return {
    startedAtMs,
    lastCampaignId,
    fingerprint: startFingerprint,
    ...(sinceMs !== undefined && { sinceMs }),
    ...(version !== undefined && { version }),
    ...(greatestMs !== undefined && { greatestMs }),
  }
}

/**
 * Writes the actions of one pass. A STATE follows each campaign, except when campaigns are read
 * again. Throws NOT_FOUND if every campaign is missing; when an interrupted read is resumed, the
 * result is inconclusive instead.
 * @param earlier what the run has read of the other campaigns, when campaigns are read again
 */
export async function writeActions(
  context: SyncContext,
  given: StreamPlan,
  { range, campaigns, earlier }: CampaignPass & { earlier?: ActionsRead },
): Promise<ActionsRead> {
  const begun = await beginPass(context, given, earlier)
  const { plan, bounds } = begun
  const { unreadCampaigns = [], rowSample, progress } = plan.bookmark
  const output = new StreamOutput(plan, context.writer, bounds)
  const rows = earlier?.rows ?? new RowCount(rowSample)
  let state = startPassState(unreadCampaigns, range, earlier?.hasFound ?? false)
  for await (const campaign of campaigns) {
    const { id } = campaign.item
    const isWhole = isDue(state, id)
    const notFound = await writeCampaign(context, output, { ...campaign, plan, isWhole, rows })
    state = notFound ? withMissing(state, id, notFound) : withFound(state)
    if (notFound || earlier) continue
    await saveProgress(context, plan, {
      progress: progressOf(begun, id, output.greatestMs),
      unreadCampaigns: unreadAfter(state, id),
    })
  }
  const error = allMissingError(state)
  if (error && !progress) throw error
  const isInconclusive = error !== undefined
  const { hasFound } = state
  return { ...begun, output, rows, unreadCampaigns: unreadAtEnd(state), hasFound, isInconclusive }
}

/** The fields of a campaign that its actions need, so that the campaign list can be freed. */
function parentFieldsOf(raw: JsonObject): JsonObject {
  return { created: raw['created'] ?? null }
}

/** Returns the NOT_FOUND of a campaign that was deleted after the list was read, else undefined. */
async function writeCampaign(
  context: SyncContext,
  output: StreamOutput,
  campaign: CampaignPages & { plan: StreamPlan; isWhole: boolean; rows: RowCount },
): Promise<AppError | undefined> {
  const { item, pages, isWhole, rows, plan } = campaign
  const ids = new Set<string>()
  try {
    for await (const page of pages) {
      context.signal.throwIfAborted()
      for (const { id } of page) ids.add(idText(id) ?? printJson(id ?? null))
      await output.writePage(page, { parent: parentFieldsOf(item.raw), isWhole })
    }
    for (const id of ids) rows.add(`${printJson(item.id)}/${id}`)
    return undefined
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
    context.logger.warn(
      'campaign_deleted',
      'Skipped a campaign that was deleted after the list was read.',
      { stream: plan.definition.id, campaign_id: printJson(item.id) },
    )
    return error
  }
}
