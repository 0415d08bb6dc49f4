/** The workspace as a whole. */

import { basename } from 'node:path'
import { packageVersion } from '../../package-version.ts'
import { openApiDocument } from '../api/openapi.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { Services } from '../services.ts'
import { formsView } from '../views/forms-view.ts'
import type { Handlers } from './call.ts'

async function workspaceView(services: Services): Promise<Api<'Workspace'>> {
  const { options, connections, store, drafts, schedules } = services
  return {
    name: basename(options.workspace),
    folder: options.workspace,
    version: packageVersion(),
    now: new Date().toISOString(),
    schedules: schedules(),
    connections: (await connections.entries()).length,
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
