/** The workspace as a whole. */

import { basename } from 'node:path'
import { packageVersion } from '../../package-version.ts'
import { openApiDocument } from '../api/openapi.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { Services } from '../services.ts'
import { formsView } from '../views/forms-view.ts'
import type { Handlers } from './call.ts'

function countByStatus(connections: readonly Api<'Connection'>[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { status } of connections) counts.set(status, (counts.get(status) ?? 0) + 1)
  return Object.fromEntries(counts)
}

async function workspaceView(services: Services): Promise<Api<'Workspace'>> {
  const { options, connections, store, drafts, schedules } = services
  const views = await connections.views()
  return {
    name: basename(options.workspace),
    folder: options.workspace,
    version: packageVersion(),
    now: new Date().toISOString(),
    schedules: schedules(),
    connections: { total: views.length, by_status: countByStatus(views) },
    destinations: (await store.list('destination')).length,
    drafts: (await drafts.list()).length,
  }
}

/** @param cookieName for the OpenAPI document */
export function workspaceHandlers(
  services: Services,
  cookieName: string,
): Handlers<'getWorkspace' | 'getForms' | 'getOpenApi'> {
  return {
    getWorkspace: async () => ({ body: await workspaceView(services) }),
    getForms: async () => ({ body: formsView() }),
    getOpenApi: async () => ({ body: openApiDocument(packageVersion(), cookieName) }),
  }
}
