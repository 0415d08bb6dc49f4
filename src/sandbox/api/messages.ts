/** Pages of messages, and one of them, from the deliveries of the workspace. */

import type { JsonObject } from '../../singer/json.ts'
import type { Listing } from '../deliveries/row.ts'
import { deliveryRow, visibleDeliveries } from '../deliveries/row.ts'
import type { Delivery } from '../deliveries/store.ts'
import { detailsOf, positionOf } from '../deliveries/store.ts'
import { DELIVERIES } from '../streams.ts'
import type { World } from '../world.ts'
import { idText } from '../world.ts'
import { decodePercent } from '../../urls/percent-decoding.ts'
import type { PagingSettings } from './pages.ts'
import { lastNext, limitOf, listBody } from './pages.ts'
import type { Reply } from './reply.ts'
import { BAD_REQUEST, jsonReply, NOT_FOUND } from './reply.ts'

const DAY_SECONDS = 86_400
const WHOLE = /^\d+$/
const TOKEN = /^v20:(\d+)$/
/** Query parameters that a field of the message must equal. */
const FIELD_FILTERS = ['type', 'campaign_id', 'newsletter_id', 'action_id'] as const

interface MessageQuery {
  world: World
  paging: PagingSettings
  query: URLSearchParams
}

function encodeToken(offset: number): string {
  return Buffer.from(`v20:${offset}`).toString('base64')
}

/** The offset that a token names. Undefined for a malformed one. */
function decodeToken(token: string): number | undefined {
  const offset = TOKEN.exec(Buffer.from(token, 'base64').toString('latin1'))?.[1]
  if (offset === undefined || encodeToken(Number(offset)) !== token) return undefined
  return Number(offset)
}

/** Undefined for a range whose bounds are no whole numbers. */
function listingOf({ world, paging, query }: MessageQuery): Listing | undefined {
  const bounds = [query.get('start_ts') || '0', query.get('end_ts') || '']
  if (!bounds.every((bound) => bound === '' || WHOLE.test(bound))) return undefined
  const [start = '', end = ''] = bounds
  const to = end === '' ? Math.floor(world.now() / 1000) : Number(end)
  const earliest = to - paging.messageRangeDays * DAY_SECONDS
  return { from: Math.max(Number(start), earliest), to, areDrafts: query.get('drafts') === 'true' }
}

/** Whether a delivery passes the filters. Undefined without any. */
function filterOf({ world, query }: MessageQuery): ((delivery: Delivery) => boolean) | undefined {
  const wanted = FIELD_FILTERS.filter((name) => query.get(name))
  const metric = query.get('metric')
  if (wanted.length === 0 && !metric) return undefined
  return (delivery) => {
    const { fields, metrics } = detailsOf(world.deliveries, delivery)
    const time = metric ? metrics[metric] : -Infinity
    if (time === undefined || time > world.now() / 1000) return false
    return wanted.every((name) => idText(fields[name]) === query.get(name))
  }
}

/** Responses to surveys are sent only on request. */
function rowOf(world: World, delivery: Delivery, query: URLSearchParams): JsonObject {
  const { tracked_responses: tracked, ...row } = deliveryRow(world, delivery)
  const isAsked = tracked !== undefined && query.get('get_tracked_responses') === 'true'
  return isAsked ? { ...row, tracked_responses: tracked } : row
}

export function messagePage(asked: MessageQuery): Reply {
  const { world, paging, query } = asked
  const start = query.get('start')
  const offset = start ? decodeToken(start) : 0
  const listing = listingOf(asked)
  if (offset === undefined || !listing) return BAD_REQUEST
  const passes = filterOf(asked)
  const visible = visibleDeliveries(world, listing)
  const found = passes ? visible.filter(passes) : visible
  if (paging.messageSort === 'desc') found.reverse()
  const limit = limitOf(query, paging.messageLimit, paging.messageMaxLimit)
  const from = offset >= found.length && paging.isPastMessageFirst ? 0 : offset
  const rows = found.slice(from, from + limit).map((one) => rowOf(world, one, query))
  const hasNext = from + limit < found.length
  return jsonReply({
    ...listBody(DELIVERIES.dataKey, rows, paging),
    ...(hasNext ? { next: encodeToken(from + limit) } : lastNext(paging)),
  })
}

/** One message, or a draft, that is visible. */
export function oneMessage(
  world: World,
  { id, query }: { id: string; query: URLSearchParams },
): Reply {
  const delivery = world.deliveries.list[positionOf(world.deliveries, decodePercent(id))]
  if (!delivery || delivery.visibleAt > world.now() / 1000) return NOT_FOUND
  return jsonReply({ message: rowOf(world, delivery, query) })
}
