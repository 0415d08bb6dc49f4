/** Shared destinations: list, create, read, replace, patch and delete. */

import type { JsonObject } from '../../../singer/json.ts'
import { ApiError } from '../../api/problems.ts'
import type { Api } from '../../api/schemas.generated.ts'
import { refuseProblems } from '../../documents/connection-check.ts'
import { engineOf } from '../../documents/engine-forms.ts'
import { patched, replacement } from '../../documents/keep-secrets.ts'
import { shownUrl } from '../../documents/redact.ts'
import { referenceProblems } from '../../documents/references.ts'
import { shownDocument } from '../../documents/shown-document.ts'
import { sharedProblems, stepProblems } from '../../documents/validation.ts'
import { warehouseView } from '../../documents/warehouse-fields.ts'
import type { Services } from '../../services.ts'
import { param, type Answer, type Call, type Handlers } from '../call.ts'
import { refuseOldVersion } from './connection-documents.ts'
import { destinationUsers, readIfPossible, userProblems } from './destination-users.ts'

async function listDestinations(services: Services): Promise<Api<'DestinationList'>> {
  const usedBy = await destinationUsers(services)
  const entries = await services.store.list('destination')
  const destinations = await Promise.all(
    entries.map(async ({ name }) => {
      const read = await readIfPossible(services, 'destination', name)
      const url = read?.document['warehouse_url']
      const hasUrl = typeof url === 'string'
      return {
        name,
        engine: hasUrl ? engineOf(url) : null,
        shown: hasUrl ? shownUrl(url) : null,
        used_by: [...(usedBy.get(name) ?? [])],
      }
    }),
  )
  return { destinations }
}

async function destinationDetail(services: Services, name: string): Promise<Answer> {
  const read = await services.store.read('destination', name)
  const { document, secrets } = shownDocument('destination', read.document)
  const problems =
    read.problem === undefined
      ? sharedProblems(read.document, services.options.env)
      : [{ field: '', message: read.problem }]
  const body: Api<'DestinationDetail'> = {
    name,
    document,
    secrets,
    warehouse: warehouseView(read.document['warehouse_url']),
    problems,
    used_by: [...((await destinationUsers(services)).get(name) ?? [])],
  }
  return { body, etag: read.etag }
}

async function createDestination(services: Services, { body }: Call): Promise<Answer> {
  const { name, document } = body as Api<'CreateDestination'>
  const complete = replacement('destination', document, {})
  const { env } = services.options
  const others = (await services.store.list('destination')).map((entry) => entry.name)
  const surroundings = { env, otherNames: others, destinations: [] }
  const nameProblems = stepProblems({ name, document: {} }, ['name'], surroundings)
  refuseProblems('destination', [
    ...nameProblems,
    ...referenceProblems('destination', complete, {}),
  ])
  refuseProblems('destination', sharedProblems(complete, env))
  await services.store.create('destination', name, complete)
  const headers = { location: `/api/v1/destinations/${name}` }
  return { ...(await destinationDetail(services, name)), headers }
}

async function changeDestination(
  services: Services,
  call: Call,
  change: (stored: JsonObject) => JsonObject,
): Promise<Answer> {
  const name = param(call, 'name')
  const read = await services.store.read('destination', name)
  refuseOldVersion(read, call.version)
  const next = change(read.document)
  refuseProblems('destination', referenceProblems('destination', next, read.document))
  const problems = sharedProblems(next, services.options.env)
  const all = problems.length > 0 ? problems : await userProblems(services, name, next)
  refuseProblems('destination', all)
  await services.store.write('destination', read, next)
  return destinationDetail(services, name)
}

async function deleteDestination(services: Services, call: Call): Promise<Answer> {
  const name = param(call, 'name')
  const read = await services.store.read('destination', name)
  refuseOldVersion(read, call.version)
  const usedBy = (await destinationUsers(services)).get(name) ?? []
  if (usedBy.length > 0)
    throw new ApiError('IN_USE', `The destination is used by ${usedBy.join(', ')}.`)
  await services.store.delete('destination', read)
  return {}
}

type Ids =
  | 'listDestinations'
  | 'createDestination'
  | 'getDestination'
  | 'replaceDestination'
  | 'patchDestination'
  | 'deleteDestination'

export function destinationHandlers(services: Services): Handlers<Ids> {
  return {
    listDestinations: async () => ({ body: await listDestinations(services) }),
    createDestination: async (call) => createDestination(services, call),
    getDestination: async (call) => destinationDetail(services, param(call, 'name')),
    replaceDestination: async (call) => {
      const { document } = call.body as Api<'ReplaceDocument'>
      const change = (stored: JsonObject) => replacement('destination', document, stored)
      return changeDestination(services, call, change)
    },
    patchDestination: async (call) => {
      const change = (stored: JsonObject) => patched('destination', call.body as JsonObject, stored)
      return changeDestination(services, call, change)
    },
    deleteDestination: async (call) => deleteDestination(services, call),
  }
}
