/** Connections that are not complete yet. */

import { isJsonObject, type JsonObject } from '../../../singer/json.ts'
import { ApiError } from '../../api/problems.ts'
import type { Api } from '../../api/schemas.generated.ts'
import { valueAt, withValueAt } from '../../documents/fields.ts'
import { replacement } from '../../documents/keep-secrets.ts'
import { shownDocument } from '../../documents/shown-document.ts'
import { warehouseView, withoutWarehouseSecrets } from '../../documents/warehouse-fields.ts'
import type { Services } from '../../services.ts'
import { param, parseIfMatch, type Answer, type Call, type Handlers } from '../call.ts'

/** The fields of a warehouse that make no URL yet stay as they are, without their secrets. */
function draftDocument(next: JsonObject, stored: JsonObject): JsonObject {
  try {
    return replacement('connection', next, stored)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const warehouse = valueAt(next, ['destination', 'warehouse'])
    const { warehouse: _, ...destination } = isJsonObject(next['destination'])
      ? next['destination']
      : {}
    const kept = replacement('connection', { ...next, destination }, stored)
    const shown = isJsonObject(warehouse) ? withoutWarehouseSecrets(warehouse) : undefined
    return withValueAt(kept, ['destination', 'warehouse'], shown)
  }
}

async function draftView(services: Services, name: string): Promise<Answer> {
  const found = await services.drafts.read(name)
  if (!found) throw new ApiError('UNKNOWN_NAME', 'There is no draft with this name.')
  const { document: stored, etag } = found
  const { document, secrets } = shownDocument('connection', stored)
  const url = valueAt(stored, ['destination', 'warehouse_url'])
  const hasFields = valueAt(stored, ['destination', 'warehouse']) !== undefined
  // Fields that make no URL yet are newer than the URL.
  const warehouse = hasFields ? null : warehouseView(url)
  const body: Api<'Draft'> = { name, document, secrets, warehouse }
  return { body, etag }
}

/** The version that the request replaces; undefined without one. */
function replacedBy({ request }: Call): string | undefined {
  const header = request.headers['if-match']
  return header === undefined ? undefined : parseIfMatch(header)
}

export function draftHandlers(
  services: Services,
): Handlers<'listDrafts' | 'getDraft' | 'putDraft' | 'deleteDraft'> {
  const { drafts } = services
  return {
    listDrafts: async () => {
      const names = await drafts.list()
      return { body: { drafts: names.map((name) => ({ name })) } }
    },
    getDraft: async (call) => draftView(services, param(call, 'name')),
    putDraft: async (call) => {
      const name = param(call, 'name')
      const { document } = call.body as Api<'ReplaceDocument'>
      await drafts.write(name, replacedBy(call), (stored) => draftDocument(document, stored))
      return draftView(services, name)
    },
    deleteDraft: async (call) => {
      await drafts.delete(param(call, 'name'), replacedBy(call))
      return {}
    },
  }
}
