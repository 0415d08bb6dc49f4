/** Maps paths to responses from the current content of the workspace. */

import type { JsonObject } from '../../singer/json.ts'
import type { PagingSettings } from './pages.ts'
import { listBody, pageBody } from './pages.ts'
import type { Reply } from './reply.ts'
import { BAD_REQUEST, jsonReply, METHOD_NOT_ALLOWED, NOT_FOUND } from './reply.ts'
import type { RequestRecord } from './requests.ts'
import type { World } from '../world.ts'
import { findById } from '../world.ts'

/** Permissions that a key can lack. */
export type Scope = 'newsletters' | 'campaigns' | 'campaign_actions'

/** A parsed path below `/v1`. Without an ID it is the list. */
interface Route {
  scope: Scope
  campaignId?: string | undefined
  id?: string | undefined
}

const ROUTE =
  /^\/v1\/(?:newsletters(?:\/([^/]*))?|campaigns(?:\/([^/]*)(\/actions(?:\/([^/]*))?)?)?)$/
const ID = /^\d+$/

/** The route of a path. Undefined for an unknown path. */
export function routeOf(path: string): Route | undefined {
  const match = ROUTE.exec(path)
  if (!match) return undefined
  const [, newsletterId, campaignId, actions, actionId] = match
  if (path.startsWith('/v1/newsletters')) return { scope: 'newsletters', id: newsletterId }
  if (actions === undefined) return { scope: 'campaigns', id: campaignId }
  return { scope: 'campaign_actions', campaignId, id: actionId }
}

/** The response to a request, from the workspace. */
export type Endpoints = (request: RequestRecord, route: Route) => Reply

function chronological(newsletters: readonly JsonObject[]): JsonObject[] {
  return newsletters.toSorted((a, b) => Number(a['created'] ?? 0) - Number(b['created'] ?? 0))
}

/** The newsletters in the requested order. Sorted again only after an edit. */
function orderedNewsletters(world: World): (sort: 'asc' | 'desc') => readonly JsonObject[] {
  let revision = -1
  let length = -1
  const orders: Record<'asc' | 'desc', JsonObject[]> = { asc: [], desc: [] }
  return (sort) => {
    if (revision !== world.revision || length !== world.newsletters.length) {
      orders.asc = chronological(world.newsletters)
      orders.desc = orders.asc.toReversed()
      revision = world.revision
      length = world.newsletters.length
    }
    return orders[sort]
  }
}

function singleReply(key: string, object: JsonObject | undefined): Reply {
  return object ? jsonReply({ [key]: object }) : NOT_FOUND
}

function newsletterLimit(query: URLSearchParams, paging: PagingSettings): number {
  const asked = Number(query.get('limit') ?? Number.NaN)
  const limit = Number.isSafeInteger(asked) && asked > 0 ? asked : paging.newsletterLimit
  return Math.min(limit, paging.newsletterMaxLimit)
}

/** The documented GET endpoints of this workspace. Ignores unknown query parameters. */
export function endpointsOf(world: World, paging: PagingSettings): Endpoints {
  const newslettersBy = orderedNewsletters(world)

  function newsletters({ query }: RequestRecord, { id }: Route): Reply {
    if (id !== undefined) return singleReply('newsletter', findById(world.newsletters, id))
    const sort = query.get('sort')
    const rows = newslettersBy(sort === 'asc' || sort === 'desc' ? sort : paging.newsletterSort)
    const limit = newsletterLimit(query, paging)
    return jsonReply(
      pageBody(rows, { key: 'newsletters', start: query.get('start'), limit }, paging),
    )
  }

  function campaigns({ id }: Route): Reply {
    if (id === undefined) return jsonReply(listBody('campaigns', world.campaigns, paging))
    return ID.test(id) ? singleReply('campaign', findById(world.campaigns, id)) : BAD_REQUEST
  }

  function actions({ query }: RequestRecord, { campaignId = '', id }: Route): Reply {
    if (!ID.test(campaignId)) return BAD_REQUEST
    const rows = world.actions.get(campaignId)
    if (!rows) return NOT_FOUND
    if (id !== undefined) {
      return ID.test(id) ? singleReply('action', findById(rows, id)) : BAD_REQUEST
    }
    const limit = paging.actionLimit
    return jsonReply(pageBody(rows, { key: 'actions', start: query.get('start'), limit }, paging))
  }

  return (request, route) => {
    if (request.method !== 'GET') return METHOD_NOT_ALLOWED
    switch (route.scope) {
      case 'newsletters':
        return newsletters(request, route)
      case 'campaigns':
        return campaigns(route)
      case 'campaign_actions':
        return actions(request, route)
    }
  }
}
