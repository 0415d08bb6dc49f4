/** Maps paths to responses from the current content of the workspace. */

import type { PagingSettings } from './pages.ts'
import type { Reply } from './reply.ts'
import { METHOD_NOT_ALLOWED } from './reply.ts'
import type { RequestRecord } from './requests.ts'
import type { Route, Scope } from './routes.ts'
import { ROUTES } from './routes.ts'
import type { World } from '../world.ts'

/** The route of a path, with the parts of the path in place of `{}`. */
interface Match {
  scope: Scope
  route: Route
  ids: string[]
}

const PARTS = ROUTES.map((route) => ({ route, parts: route.pattern.split('/') }))

/** The route of a path. Undefined for an unknown path. */
export function routeOf(path: string): Match | undefined {
  const asked = path.split('/')
  const found = PARTS.find(
    ({ parts }) =>
      parts.length === asked.length &&
      parts.every((part, at) => part === '{}' || part === asked[at]),
  )
  if (!found) return undefined
  const { route, parts } = found
  return { scope: route.scope, route, ids: asked.filter((_, at) => parts[at] === '{}') }
}

/** The response to a request, from the workspace. */
export type Endpoints = (request: RequestRecord, match: Match) => Reply

/** The documented GET endpoints of this workspace. */
export function endpointsOf(world: World, paging: PagingSettings): Endpoints {
  return ({ method, query }, { route, ids }) =>
    method === 'GET' ? route.reply({ world, paging, query, ids }) : METHOD_NOT_ALLOWED
}
