/** One pass over campaigns that writes their actions: ascending ids, pages ahead, and a STATE after each campaign. */

import { AppError } from '../../errors.ts'
import { isJsonObject, printJson, type JsonObject, type JsonValue } from '../../singer/json.ts'
import type { Progress, Seen } from '../../singer/state.ts'
import {
  compareIds,
  inOrder,
  isWithin,
  type Campaign,
  type CampaignId,
  type CampaignRange,
} from './campaign-order.ts'
import { Fingerprint } from './fingerprint.ts'
import { pagesOf } from '../api/pages.ts'
import type { StreamPlan } from '../plan.ts'
import { eager, readAhead } from './read-ahead.ts'
import {
  beginRead,
  beginReadAgain,
  unfiltered,
  type Bounds,
  type StreamRead,
} from './stream-read.ts'
import { RowCount } from './row-count.ts'
import type { SyncContext } from '../context.ts'
import { StreamOutput } from '../record/stream-output.ts'

/** Lists read at the same time, for each request a second: enough to keep the pace while one of two pages holds up those behind it. */
const LISTS_PER_REQUEST = 4
/** However high the ceiling is set: each list that is read at the same time may bring a page more than memory is meant for. */
const MAX_LISTS = 100
/** Weight of an object beside its texts, in characters. */
const OBJECT_WEIGHT = 500

/** Ids are integers in the list and texts in the actions themselves. */
function idText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined
}

/** Ids of the actions that the campaign list names; the list need not be complete. */
function listedActions(campaign: Campaign): string[] {
  const actions = campaign.raw['actions']
  const items = Array.isArray(actions) ? actions.filter(isJsonObject) : []
  return items.map((item) => idText(item['id'])).filter((id) => id !== undefined)
}

/**
 * The campaign's actions. A row that is deleted while pages are read moves the later ones forward, and one slips through between two
 * pages; where an action that the campaign list names was not met, the pages are therefore read once more.
 */
async function* actionPages(run: SyncContext, campaign: Campaign): AsyncGenerator<JsonObject[]> {
  const path = `/campaigns/${printJson(campaign.id)}/actions`
  const missing = new Set(listedActions(campaign))
  for (let round = 0; round < 2; round++) {
    let pages = 0
    for await (const page of pagesOf(run.client, {
      path,
      dataKey: 'actions',
      query: {},
      isAhead: true,
    })) {
      pages++
      for (const action of page) missing.delete(idText(action['id']) ?? '')
      yield page.map((action) => ({ ...action, campaign_id: action['campaign_id'] ?? campaign.id }))
    }
    if (pages <= 1 || missing.size === 0) return
  }
}

function textLength(value: JsonValue): number {
  return typeof value === 'string' ? value.length : 0
}

function weightOf(page: readonly JsonObject[]): number {
  const sizes = page.map((raw) =>
    Object.values(raw).reduce<number>((sum, value) => sum + textLength(value), 0),
  )
  return sizes.reduce((sum, size) => sum + size + OBJECT_WEIGHT, 0)
}

/** The part of the campaign that its actions need, so that the list itself can go. */
function parentOf(raw: JsonObject): JsonObject {
  return { created: raw['created'] ?? null }
}

type CampaignPages = AsyncGenerator<{ item: Campaign; pages: AsyncGenerator<JsonObject[]> }>

/** A pass whose first lists are being read. */
export interface Pass {
  range: CampaignRange
  campaigns: CampaignPages
}

async function* campaignPages(run: SyncContext, range: CampaignRange): CampaignPages {
  const campaigns = inOrder(await run.campaigns()).filter(({ id }) => isWithin(id, range))
  const wanted = Math.ceil(run.config.requests_per_second * LISTS_PER_REQUEST)
  const lists = Math.min(wanted, MAX_LISTS)
  yield* readAhead(campaigns, (campaign) => actionPages(run, campaign), { lists, weightOf })
}

/** Begins to read the actions while other streams are still written, as far as memory allows. */
export function startActions(run: SyncContext, range: CampaignRange): Pass {
  return { range, campaigns: eager(campaignPages(run, range)) }
}

/** The campaigns by which the next read tells whether one came or went, or has other actions, without a new `updated` anywhere. */
function digestOf(campaigns: readonly JsonObject[], plan: StreamPlan, beforeMs: number): string {
  const fingerprint = new Fingerprint(beforeMs, plan.definition.remembered)
  for (const { raw } of inOrder(campaigns)) fingerprint.add(raw)
  return fingerprint.text
}

interface Begun {
  bounds: Bounds
  /** The mark for the next read, once this one is complete. */
  seen: Seen
  /** The mark while it is not. An interrupted read keeps the one with which it began. */
  unfinishedSeen: Seen
}

/** The bounds of the pass: without a filter on `updated` where the mark of the last read, or of the interrupted one, has changed. */
async function beginPass(run: SyncContext, plan: StreamPlan, before?: StreamRead): Promise<Begun> {
  const list = await run.campaigns()
  const { progress, seen: last } = plan.bookmark
  const stream = plan.definition.id
  const bounds = before ? beginReadAgain(run, plan, before) : await beginRead(run, plan)
  const beforeMs = run.client.startedAtMs
  const seen = { beforeMs, digest: digestOf(list, plan, beforeMs) }
  const unknown = { beforeMs, digest: 'none' }
  const earlier = progress ? (progress.seen ?? unknown) : last
  if (progress) {
    run.logger.info(
      'sync_resumed',
      'Going on behind the last finished campaign of an interrupted sync.',
      {
        stream,
        last_campaign_id: printJson(progress.lastCampaignId),
      },
    )
  }
  const unfinishedSeen = progress ? (progress.seen ?? unknown) : seen
  if (!earlier || digestOf(list, plan, earlier.beforeMs) === earlier.digest)
    return { bounds, seen, unfinishedSeen }
  if (!before) {
    run.logger.info(
      'actions_changed',
      'Older campaigns came, went or have other actions: all actions are written.',
      {
        stream,
      },
    )
  }
  return { bounds: unfiltered(bounds), seen, unfinishedSeen }
}

/** A pass at work: what it has met so far. */
class PassState {
  readonly #begun: Begun
  readonly #due: readonly CampaignId[]
  /** Campaigns that the next read takes whole. */
  readonly unread: CampaignId[]
  readonly rows: RowCount
  hasRead: boolean
  gone: AppError | undefined

  constructor(
    plan: StreamPlan,
    range: CampaignRange,
    given: { begun: Begun; before?: StreamRead },
  ) {
    const { unread = [], rowSample } = plan.bookmark
    this.#begun = given.begun
    this.unread = unread.filter((id) => !isWithin(id, range))
    this.#due = unread.filter((id) => isWithin(id, range))
    this.rows = given.before?.rows ?? new RowCount(rowSample)
    this.hasRead = given.before?.hasRead ?? false
  }

  /** True for a campaign that an earlier read did not find. */
  isDue(id: CampaignId): boolean {
    return this.#due.some((one) => compareIds(one, id) === 0)
  }

  /** What the next read of the campaigns behind this one still takes whole, and what this pass did not find. */
  unreadBehind(id: CampaignId): CampaignId[] {
    return [...this.unread, ...this.#due.filter((one) => compareIds(one, id) > 0)]
  }

  progressAt(lastCampaignId: CampaignId, greatestMs: number | undefined): Progress {
    const { startedAtMs, sinceMs, version } = this.#begun.bounds
    return {
      startedAtMs,
      lastCampaignId,
      seen: this.#begun.unfinishedSeen,
      ...(sinceMs !== undefined && { sinceMs }),
      ...(version !== undefined && { version }),
      ...(greatestMs !== undefined && { greatestMs }),
    }
  }
}

/**
 * Writes the actions of the campaigns of the pass. After each campaign a STATE says so, except in a pass that reads some once more.
 * Throws NOT_FOUND when every campaign answered 404: then the path is wrong, not the campaigns gone. In the rest of an interrupted read that
 * makes it doubtful.
 * @param before what the run has read of the other campaigns
 */
export async function writeActions(
  run: SyncContext,
  plan: StreamPlan,
  { range, campaigns, before }: Pass & { before?: StreamRead },
): Promise<StreamRead> {
  const begun = await beginPass(run, plan, before)
  const { bounds, seen, unfinishedSeen } = begun
  const output = new StreamOutput(plan, run.writer, bounds)
  const state = new PassState(plan, range, { begun, ...(before && { before }) })
  for await (const campaign of campaigns) {
    const { id } = campaign.item
    const isWhole = state.isDue(id)
    const gone = await writeCampaign(run, output, { ...campaign, isWhole, rows: state.rows })
    if (gone) {
      state.gone = gone
      state.unread.push(id)
      continue
    }
    state.hasRead = true
    if (before) continue
    const progress = state.progressAt(id, output.greatestMs)
    await run.writeBookmark(plan, { ...plan.bookmark, progress, unread: state.unreadBehind(id) })
  }
  const { unread, rows, hasRead, gone } = state
  if (gone && !hasRead && !plan.bookmark.progress) throw gone
  const isDoubtful = gone !== undefined && !hasRead
  return { bounds, output, unread, rows, hasRead, isDoubtful, seen, unfinishedSeen }
}

/** The NOT_FOUND of a campaign that was deleted since the list was read, else undefined. */
async function writeCampaign(
  run: SyncContext,
  output: StreamOutput,
  campaign: {
    item: Campaign
    pages: AsyncIterable<JsonObject[]>
    isWhole: boolean
    rows: RowCount
  },
): Promise<AppError | undefined> {
  const { item, pages, isWhole, rows } = campaign
  const ids = new Set<string>()
  try {
    for await (const page of pages) {
      run.signal.throwIfAborted()
      for (const { id } of page) ids.add(idText(id) ?? printJson(id ?? null))
      await output.writePage(page, { parent: parentOf(item.raw), isWhole })
    }
    for (const id of ids) rows.add(`${printJson(item.id)}/${id}`)
    return undefined
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
    run.logger.warn(
      'campaign_deleted',
      'Skipped a campaign that was deleted since the list was read.',
      {
        stream: 'campaign_actions',
        campaign_id: printJson(item.id),
      },
    )
    return error
  }
}
