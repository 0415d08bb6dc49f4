/** Connections: list, create, read, replace, patch, delete, pause and check. */

import { randomUUID } from 'node:crypto'
import { AppError } from '../../../errors.ts'
import { rateKeysOf } from '../../../runner/connection/conflicts.ts'
import type { Connection } from '../../../runner/connection/connection.ts'
import { checkConnection } from '../../../runner/inspect/check.ts'
import { isJsonObject, type JsonObject } from '../../../singer/json.ts'
import { ApiError } from '../../api/problems.ts'
import type { Api } from '../../api/schemas.generated.ts'
import type { StoredDraft } from '../../documents/draft-store.ts'
import { withValueAt } from '../../documents/fields.ts'
import { patched, replacement } from '../../documents/keep-secrets.ts'
import type { Services } from '../../services.ts'
import { closedSignal, param, type Answer, type Call, type Handlers } from '../call.ts'
import { connectionDetail, refuseInvalid, refuseOldVersion } from './connection-documents.ts'
import { findingsView, isWorking } from '../findings.ts'

async function createConnection(services: Services, { body }: Call): Promise<Answer> {
  const { name, document, draft } = body as Api<'CreateConnection'>
  const stored = draft === undefined ? undefined : await services.drafts.read(draft)
  const complete = replacement('connection', document, stored?.document ?? {})
  const identified = complete['id'] === undefined ? { id: randomUUID(), ...complete } : complete
  await refuseInvalid(services, identified, { newName: name })
  await services.store.create('connection', name, identified)
  if (draft !== undefined && stored) await deleteDraft(services, draft, stored)
  services.events.append({ type: 'connection_changed', connection: name })
  const headers = { location: `/api/v1/connections/${name}` }
  return { ...(await connectionDetail(services, name)), headers }
}

/** A draft that was changed meanwhile stays. */
async function deleteDraft(
  { drafts }: Services,
  name: string,
  { etag }: StoredDraft,
): Promise<void> {
  await drafts.delete(name, etag).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error
  })
}

/** Writes what `change` makes of the stored document, if it still has the version. */
async function changeConnection(
  services: Services,
  call: Call,
  change: (stored: JsonObject) => JsonObject,
): Promise<Answer> {
  const name = param(call, 'name')
  const read = await services.store.read('connection', name)
  refuseOldVersion(read, call.version)
  const next = change(read.document)
  await refuseInvalid(services, next, { replaced: name })
  await services.store.write('connection', read, next)
  services.events.append({ type: 'connection_changed', connection: name })
  return connectionDetail(services, name)
}

/** Tables that stay, with their schema. */
function tablesOf({ destination, resources }: Connection): string[] {
  const { default_target_schema: schema, table_prefix: prefix } = destination
  const names = [...resources.keys(), '_sdc_loads'].map((name) => `${prefix}${name}`)
  return names.map((name) => (schema === undefined ? name : `${schema}.${name}`))
}

async function deleteConnection(services: Services, call: Call): Promise<Answer> {
  const name = param(call, 'name')
  const read = await services.store.read('connection', name)
  refuseOldVersion(read, call.version)
  const { current_run: elsewhere } = await services.connections.view(name)
  if (services.runs.current(read.path) ?? elsewhere)
    throw new ApiError('IN_USE', 'A run of the connection is in progress.', {
      hint: 'Cancel it first, or wait until it ends.',
    })
  const known = await services.connections.open(name).catch((error: unknown) => {
    if (error instanceof AppError) return undefined
    throw error
  })
  await services.store.delete('connection', read)
  services.counts.forget(read.path)
  services.events.append({ type: 'connection_removed', connection: name })
  const tables = known ? tablesOf(known) : []
  const body: Api<'DeletedConnection'> = {
    name,
    tables,
    data_folder: known?.dataFolder ?? null,
    message: known
      ? `These tables remain in the warehouse, if they exist: ${tables.join(', ')}. The history remains in ${known.dataFolder}.`
      : 'Tables and history remain. The file was not valid, so their names are not known.',
  }
  return { body }
}

async function writePaused(services: Services, name: string, isPaused: boolean): Promise<void> {
  const read = await services.store.read('connection', name)
  const { schedule } = read.document
  const type = isJsonObject(schedule) ? schedule['type'] : undefined
  if (type === undefined || type === 'manual')
    throw new ApiError('NO_SCHEDULE', 'The connection has no schedule that could be paused.')
  const paused = isPaused ? true : undefined
  const next = withValueAt(read.document, ['schedule', 'paused'], paused)
  await services.store.write('connection', read, next)
}

/** How often a change is repeated that another one overtook. */
const MAX_TRIES = 5

/** Sets or removes `schedule.paused`, for any version of the document. */
async function setPaused(services: Services, call: Call, isPaused: boolean): Promise<Answer> {
  const name = param(call, 'name')
  for (let tries = 1; ; tries++) {
    try {
      await writePaused(services, name, isPaused)
      break
    } catch (error) {
      const isOvertaken = error instanceof ApiError && error.code === 'VERSION_MISMATCH'
      if (!isOvertaken || tries === MAX_TRIES) throw error
    }
  }
  services.events.append({ type: 'connection_changed', connection: name })
  return { body: await services.connections.view(name) }
}

type Ids =
  | 'listConnections'
  | 'createConnection'
  | 'getConnection'
  | 'replaceConnection'
  | 'patchConnection'
  | 'deleteConnection'
  | 'pauseConnection'
  | 'resumeConnection'
  | 'checkConnection'

export function connectionHandlers(services: Services): Handlers<Ids> {
  return {
    listConnections: async () => ({ body: { connections: await services.connections.views() } }),
    createConnection: async (call) => createConnection(services, call),
    getConnection: async (call) => connectionDetail(services, param(call, 'name')),
    replaceConnection: async (call) => {
      const { document } = call.body as Api<'ReplaceDocument'>
      // Its tables know the connection by its id.
      const change = ({ id, ...stored }: JsonObject) => ({
        ...(id !== undefined && { id }),
        ...replacement('connection', document, stored),
      })
      return changeConnection(services, call, change)
    },
    patchConnection: async (call) => {
      const change = (stored: JsonObject) => patched('connection', call.body as JsonObject, stored)
      return changeConnection(services, call, change)
    },
    deleteConnection: async (call) => deleteConnection(services, call),
    pauseConnection: async (call) => setPaused(services, call, true),
    resumeConnection: async (call) => setPaused(services, call, false),
    checkConnection: async (call) => {
      const connection = await services.connections.openToRun(param(call, 'name'))
      const wanted = { closed: closedSignal(call), keys: rateKeysOf(connection) }
      const { findings } = await services.calls.run(wanted, async (calls) =>
        checkConnection(connection, calls),
      )
      const shown = findingsView(findings, services.options.logger)
      return { body: { is_working: isWorking(findings), findings: shown } }
    },
  }
}
