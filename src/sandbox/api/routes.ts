/** The paths that the sandbox serves, as data. A later collection is one entry. */

import type { JsonObject } from '../../singer/json.ts'
import { messagePage, oneMessage } from './messages.ts'
import type { PagingSettings } from './pages.ts'
import { decodeCursor, limitOf, listBody, pageBody } from './pages.ts'
import type { Reply } from './reply.ts'
import { BAD_REQUEST, jsonReply, NOT_FOUND } from './reply.ts'
import { childRows, findRow } from '../rows.ts'
import type { ChildId, ListId, StreamId } from '../streams.ts'
import { CHILDREN, LISTS } from '../streams.ts'
import type { World } from '../world.ts'
import { findById } from '../world.ts'

/** Permissions that a key can lack: one for each stream. */
export type Scope = StreamId

/** A request to a route. */
interface Asked {
  world: World
  paging: PagingSettings
  query: URLSearchParams
  /** The parts of the path in place of `{}`, in their order. */
  ids: readonly string[]
}

/** The response to a GET request, from the workspace. Ignores unknown query parameters. */
type Answerer = (asked: Asked) => Reply

export interface Route {
  /** A path in which `{}` stands for any part. */
  pattern: string
  scope: Scope
  reply: Answerer
}

const ID = /^\d+$/

function singleReply(key: string | undefined, row: JsonObject | undefined): Reply {
  return row && key !== undefined ? jsonReply({ [key]: row }) : NOT_FOUND
}

/** The whole list. */
function whole(stream: ListId): Answerer {
  return ({ world, paging }) =>
    jsonReply(listBody(LISTS[stream].dataKey, world.collections[stream], paging))
}

/** One row of a list. */
function single(stream: ListId): Answerer {
  return ({ world, ids: [id = ''] }) =>
    ID.test(id)
      ? singleReply(LISTS[stream].singleKey, findRow(world.collections[stream], id))
      : BAD_REQUEST
}

/** What `reply` makes of the rows of the parent that the path names. */
function withRows(
  stream: ChildId,
  reply: (rows: readonly JsonObject[], asked: Asked) => Reply,
): Answerer {
  return (asked) => {
    const [parentId = ''] = asked.ids
    if (!ID.test(parentId)) return BAD_REQUEST
    const rows = childRows(asked.world, stream, parentId)
    return rows ? reply(rows, asked) : NOT_FOUND
  }
}

/** All rows of a parent. */
function children(stream: ChildId): Answerer {
  return withRows(stream, (rows, { paging }) =>
    jsonReply(listBody(CHILDREN[stream].dataKey, rows, paging)),
  )
}

/** One row of a parent. */
function singleChild(stream: ChildId): Answerer {
  return withRows(stream, (rows, { ids: [, id = ''] }) =>
    ID.test(id) ? singleReply(CHILDREN[stream].singleKey, findById(rows, id)) : BAD_REQUEST,
  )
}

interface Sorted {
  revision: number
  length: number
  asc: readonly JsonObject[]
  desc: readonly JsonObject[]
}

/** The newsletters of each workspace in both orders. Sorted again only after an edit. */
const SORTED = new WeakMap<World, Sorted>()

function sortedNewsletters(world: World): Sorted {
  const { revision, newsletters } = world
  const { length } = newsletters
  const known = SORTED.get(world)
  if (known?.revision === revision && known.length === length) return known
  const asc = newsletters.toSorted((a, b) => Number(a['created'] ?? 0) - Number(b['created'] ?? 0))
  const sorted = { revision, length, asc, desc: asc.toReversed() }
  SORTED.set(world, sorted)
  return sorted
}

function newsletterPage({ world, paging, query }: Asked): Reply {
  const sort = query.get('sort')
  const rows =
    sortedNewsletters(world)[sort === 'asc' || sort === 'desc' ? sort : paging.newsletterSort]
  const limit = limitOf(query, paging.newsletterLimit, paging.newsletterMaxLimit)
  return jsonReply(pageBody(rows, { key: 'newsletters', start: query.get('start'), limit }, paging))
}

/** Its ID may be any text, unlike those of other objects. */
function oneNewsletter({ world, ids: [id = ''] }: Asked): Reply {
  return singleReply('newsletter', findRow(world.newsletters, id))
}

function senderPage({ world, paging, query }: Asked): Reply {
  const isHiddenAsked = query.get('hidden') === 'true'
  const listed = world.collections.sender_identities.filter(({ hidden }) =>
    isHiddenAsked ? hidden === true || paging.hiddenSenders === 'also' : hidden !== true,
  )
  const rows = query.get('sort') === 'desc' ? listed.toReversed() : listed
  const limit = limitOf(query, paging.senderLimit, paging.senderMaxLimit)
  const page = { start: query.get('start'), limit, isFullPageFollowed: paging.hasTrailingSenders }
  return jsonReply(pageBody(rows, { key: 'sender_identities', ...page }, paging))
}

const campaignActions = withRows('campaign_actions', (rows, { paging, query }) => {
  const page = { key: 'actions', start: query.get('start'), limit: paging.actionLimit }
  return jsonReply(pageBody(rows, page, paging))
})

/** Refuses an unknown cursor. An empty list has no `next`. */
const broadcastActions = withRows('broadcast_actions', (rows, { paging, query }) => {
  const start = query.get('start')
  if (start && decodeCursor(start) === undefined) return BAD_REQUEST
  if (rows.length === 0) return jsonReply(listBody('actions', rows, paging))
  return jsonReply(pageBody(rows, { key: 'actions', start, limit: paging.actionLimit }, paging))
})

/** The one row of a parent, as the value of its key. */
const segmentUsage = withRows('segment_usage', ([row]) => jsonReply({ used_by: row ?? {} }))
/** The one row of a parent, as the whole body. */
const segmentCount = withRows('segment_counts', ([row]) => jsonReply(row ?? {}))

function route(pattern: string, scope: Scope, reply: Answerer): Route {
  return { pattern, scope, reply }
}

export const ROUTES: readonly Route[] = [
  route('/v1/newsletters', 'newsletters', newsletterPage),
  route('/v1/newsletters/{}', 'newsletters', oneNewsletter),
  route('/v1/newsletters/{}/contents', 'newsletter_contents', children('newsletter_contents')),
  route(
    '/v1/newsletters/{}/contents/{}',
    'newsletter_contents',
    singleChild('newsletter_contents'),
  ),
  route('/v1/campaigns', 'campaigns', whole('campaigns')),
  route('/v1/campaigns/{}', 'campaigns', single('campaigns')),
  route('/v1/campaigns/{}/actions', 'campaign_actions', campaignActions),
  route('/v1/campaigns/{}/actions/{}', 'campaign_actions', singleChild('campaign_actions')),
  route('/v1/broadcasts', 'broadcasts', whole('broadcasts')),
  route('/v1/broadcasts/{}', 'broadcasts', single('broadcasts')),
  route('/v1/broadcasts/{}/actions', 'broadcast_actions', broadcastActions),
  route('/v1/broadcasts/{}/actions/{}', 'broadcast_actions', singleChild('broadcast_actions')),
  route('/v1/broadcasts/{}/triggers', 'broadcast_triggers', children('broadcast_triggers')),
  route('/v1/transactional', 'transactional_messages', whole('transactional_messages')),
  route('/v1/transactional/{}', 'transactional_messages', single('transactional_messages')),
  route(
    '/v1/transactional/{}/contents',
    'transactional_contents',
    children('transactional_contents'),
  ),
  route('/v1/messages', 'messages', messagePage),
  route('/v1/messages/{}', 'messages', ({ world, query, ids: [id = ''] }) =>
    oneMessage(world, { id, query }),
  ),
  route('/v1/segments', 'segments', whole('segments')),
  route('/v1/segments/{}', 'segments', single('segments')),
  route('/v1/segments/{}/used_by', 'segment_usage', segmentUsage),
  route('/v1/segments/{}/customer_count', 'segment_counts', segmentCount),
  route('/v1/sender_identities', 'sender_identities', senderPage),
  route('/v1/sender_identities/{}', 'sender_identities', single('sender_identities')),
  route('/v1/subscription_topics', 'subscription_topics', whole('subscription_topics')),
  route('/v1/subscription_channels', 'subscription_channels', whole('subscription_channels')),
  route('/v1/object_types', 'object_types', whole('object_types')),
  route('/v1/collections', 'collections', whole('collections')),
  route('/v1/collections/{}', 'collections', single('collections')),
  route('/v1/snippets', 'snippets', whole('snippets')),
  route('/v1/workspaces', 'workspaces', whole('workspaces')),
]
