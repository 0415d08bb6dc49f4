/** The stream campaign_actions: every campaign at every sync, in ascending id, pages ahead, going on where a killed run stopped. */

import { AppError } from '../errors.ts'
import {
  isJsonObject,
  JsonNumber,
  printJson,
  type JsonObject,
  type JsonValue,
} from '../singer/json.ts'
import type { Progress, Seen } from '../singer/state.ts'
import { Fingerprint } from './fingerprint.ts'
import { pagesOf } from './pages.ts'
import type { StreamPlan } from './plan.ts'
import { eager, readAhead } from './read-ahead.ts'
import { begin, unfiltered, type Bounds, type Read } from './read.ts'
import type { TapRun } from './run.ts'
import { StreamOutput, type OutputBounds } from './stream-output.ts'

/** Lists read at the same time, for each request a second: enough to keep the pace while one of two pages holds up those behind it. */
const LISTS_PER_REQUEST = 4
/** However high the ceiling is set: each list that is read at the same time may bring a page more than memory is meant for. */
const MAX_LISTS = 100
/** Weight of an object beside its texts, in characters. */
const OBJECT_WEIGHT = 500

type CampaignId = number | JsonNumber

interface Campaign {
  id: CampaignId
  raw: JsonObject
}

function idOf(raw: JsonObject): CampaignId {
  const id = raw['id']
  const text = typeof id === 'string' ? id : printJson(id ?? null)
  if (!/^-?\d+$/.test(text)) {
    throw new AppError('BAD_RESPONSE', 'A campaign in the list came without a usable `id`.')
  }
  return Number.isSafeInteger(Number(text)) ? Number(text) : new JsonNumber(text)
}

function compareIds(a: CampaignId, b: CampaignId): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const difference = BigInt(printJson(a)) - BigInt(printJson(b))
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}

/** Campaigns by ascending id, each once. */
export function inOrder(list: readonly JsonObject[]): Campaign[] {
  const sorted = list
    .map((raw) => ({ id: idOf(raw), raw }))
    .toSorted((a, b) => compareIds(a.id, b.id))
  return sorted.filter((campaign, at) => {
    const next = sorted[at + 1]
    return next === undefined || compareIds(campaign.id, next.id) !== 0
  })
}

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
async function* actionPages(run: TapRun, campaign: Campaign): AsyncGenerator<JsonObject[]> {
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

function progressOf(
  bounds: OutputBounds & { startedAtMs: number },
  at: Campaign,
  greatestMs?: number,
): Progress {
  const { startedAtMs, sinceMs, version } = bounds
  return {
    startedAtMs,
    lastCampaignId: at.id,
    ...(sinceMs !== undefined && { sinceMs }),
    ...(version !== undefined && { version }),
    ...(greatestMs !== undefined && { greatestMs }),
  }
}

/** The part of the campaign that its actions need, so that the list itself can go. */
function parentOf(raw: JsonObject): JsonObject {
  return { created: raw['created'] ?? null }
}

export type CampaignPages = AsyncGenerator<{ item: Campaign; pages: AsyncGenerator<JsonObject[]> }>

async function* campaignPages(run: TapRun, plan: StreamPlan): CampaignPages {
  const last = plan.bookmark.progress?.lastCampaignId
  const all = inOrder(await run.campaigns())
  const campaigns = all.filter(({ id }) => last === undefined || compareIds(id, last) > 0)
  const wanted = Math.ceil((run.config.requests_per_second ?? 10) * LISTS_PER_REQUEST)
  const lists = Math.min(wanted, MAX_LISTS)
  yield* readAhead(campaigns, (campaign) => actionPages(run, campaign), { lists, weightOf })
}

/** Begins to read the actions while other streams are still written, as far as memory allows. */
export function startActions(run: TapRun, plan: StreamPlan): CampaignPages {
  return eager(campaignPages(run, plan))
}

/** What was not found earlier: in this read, before it was interrupted, or in the one before it. */
function unreadBefore({ bookmark }: StreamPlan): { carried: CampaignId[]; due: CampaignId[] } {
  const { unread = [], progress } = bookmark
  const isCarried = (id: CampaignId) =>
    progress !== undefined && compareIds(id, progress.lastCampaignId) <= 0
  return { carried: unread.filter(isCarried), due: unread.filter((id) => !isCarried(id)) }
}

/** The campaigns by which the next read tells whether one came or went, or has other actions, without a new `updated` anywhere. */
function digestOf(campaigns: readonly JsonObject[], plan: StreamPlan, beforeMs: number): string {
  const fingerprint = new Fingerprint(beforeMs, plan.definition.remembered)
  for (const { raw } of inOrder(campaigns)) fingerprint.add(raw)
  return fingerprint.text
}

/** The bounds of the read, and the mark for the next one. A read that goes on keeps the mark with which it began, for it does not see all again. */
async function beginActions(
  run: TapRun,
  plan: StreamPlan,
): Promise<{ bounds: Bounds; seen: Seen }> {
  const list = await run.campaigns()
  const { progress, seen } = plan.bookmark
  const stream = plan.definition.id
  const bounds = await begin(run, plan)
  if (progress) {
    run.logger.info('Going on behind the last finished campaign of an interrupted sync.', {
      stream,
      last_campaign_id: printJson(progress.lastCampaignId),
    })
    return { bounds, seen: progress.seen ?? { beforeMs: bounds.startedAtMs, digest: 'none' } }
  }
  const beforeMs = bounds.startedAtMs
  const next = { beforeMs, digest: digestOf(list, plan, beforeMs) }
  if (!seen || digestOf(list, plan, seen.beforeMs) === seen.digest) return { bounds, seen: next }
  run.logger.info('Older campaigns came, went or have other actions: all actions are written.', {
    stream,
  })
  return { bounds: unfiltered(bounds, run.config, seen.beforeMs), seen: next }
}

/**
 * Writes the actions of every campaign behind the progress, and after each campaign a STATE that says so.
 * Throws NOT_FOUND when every campaign answered 404: then the path is wrong, not the campaigns gone. In the rest of an interrupted read that
 * makes it doubtful.
 */
export async function writeActions(
  run: TapRun,
  plan: StreamPlan,
  campaigns: CampaignPages,
): Promise<Read> {
  const { bounds, seen } = await beginActions(run, plan)
  const output = new StreamOutput(plan, run.writer, bounds)
  const { carried: unread, due } = unreadBefore(plan)
  let hasRead = false
  let gone: AppError | undefined
  for await (const campaign of campaigns) {
    const { id } = campaign.item
    const isWhole = due.some((one) => compareIds(one, id) === 0)
    const error = await writeCampaign(run, output, { ...campaign, isWhole })
    if (error) {
      gone = error
      unread.push(id)
      continue
    }
    hasRead = true
    const progress = { ...progressOf(bounds, campaign.item, output.greatestMs), seen }
    const stillDue = due.filter((one) => compareIds(one, id) > 0)
    await run.writeBookmark(plan, {
      ...plan.bookmark,
      progress,
      unread: [...unread, ...stillDue],
    })
  }
  if (gone && !hasRead && !plan.bookmark.progress) throw gone
  return { bounds, output, unread, isDoubtful: gone !== undefined && !hasRead, seen }
}

/** The NOT_FOUND of a campaign that was deleted since the list was read, else undefined. */
async function writeCampaign(
  run: TapRun,
  output: StreamOutput,
  campaign: { item: Campaign; pages: AsyncIterable<JsonObject[]>; isWhole: boolean },
): Promise<AppError | undefined> {
  const { item, pages, isWhole } = campaign
  try {
    for await (const page of pages) {
      run.signal.throwIfAborted()
      await output.writePage(page, { parent: parentOf(item.raw), isWhole })
    }
    return undefined
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
    run.logger.warn('Skipped a campaign that was deleted since the list was read.', {
      stream: 'campaign_actions',
      campaign_id: printJson(item.id),
    })
    return error
  }
}
