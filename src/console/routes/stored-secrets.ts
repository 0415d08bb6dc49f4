/** Completes what a form holds with secrets that are stored already. */

import { AppError } from '../../errors.ts'
import { parseConnection, type Connection } from '../../runner/connection/connection.ts'
import type { JsonObject, JsonValue } from '../../singer/json.ts'
import { ApiError } from '../api/problems.ts'
import { connectionIn } from '../documents/connection-check.ts'
import { replacement } from '../documents/keep-secrets.ts'
import type { Services } from '../services.ts'

/** Where the secrets are. */
export interface StoredAt {
  connection?: string
  draft?: string
  destination?: string
}

/** The stored document of a connection or a draft; empty when none is named. */
export async function storedDocument(
  { store, drafts }: Services,
  { connection, draft }: StoredAt,
): Promise<JsonObject> {
  if (connection !== undefined) return (await store.read('connection', connection)).document
  return draft === undefined ? {} : ((await drafts.read(draft)) ?? {})
}

/** A destination for checks of a source, which never use it. */
const NO_DESTINATION = { warehouse_url: 'duckdb:unused.duckdb' }
/** A key for checks of a destination, which never use it. */
const NO_SOURCE = { app_api_key: 'unused' }

function asProblem(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'CONFIG_INVALID') throw error
  const problems = [{ field: '', message: error.fullText }]
  throw new ApiError('DOCUMENT_INVALID', 'The settings are not valid.', { problems })
}

function hasMembers(resources: JsonValue | undefined): boolean {
  return typeof resources === 'object' && resources !== null && Object.keys(resources).length > 0
}

/** A connection with this source, to run the tap. Throws DOCUMENT_INVALID. */
export async function sourceConnection(
  services: Services,
  request: { source: JsonObject; resources?: JsonObject; stored?: StoredAt },
): Promise<Connection> {
  const { source, resources, stored = {} } = request
  const complete = replacement('connection', { source }, await storedDocument(services, stored))
  const members = hasMembers(resources) ? { resources: resources ?? {} } : {}
  const document = { source: complete['source'] ?? {}, destination: NO_DESTINATION, ...members }
  try {
    const path = services.store.newPath(stored.connection ?? stored.draft ?? 'new')
    const connection = parseConnection(document, path, services.options.env)
    services.maskSecrets(connection)
    return connection
  } catch (error) {
    return asProblem(error)
  }
}

/** A connection with this destination, to run the target. Throws DOCUMENT_INVALID. */
export async function destinationConnection(
  services: Services,
  request: { destination: JsonObject; resources?: JsonObject; stored?: StoredAt },
): Promise<Connection> {
  const { destination, resources, stored = {} } = request
  const complete = await completeDestination(services, destination, stored)
  const name = stored.connection ?? stored.draft ?? 'new'
  const members = hasMembers(resources) ? { resources: resources ?? {} } : {}
  const old = await storedDocument(services, stored)
  const id = typeof old['id'] === 'string' ? { id: old['id'] } : {}
  const document = { ...id, source: NO_SOURCE, destination: complete, ...members }
  try {
    const path = services.store.newPath(name)
    const connection = await connectionIn(document, path, services.options.env)
    services.maskSecrets(connection)
    return connection
  } catch (error) {
    return asProblem(error)
  }
}

async function completeDestination(
  services: Services,
  destination: JsonObject,
  stored: StoredAt,
): Promise<JsonValue> {
  if (stored.destination !== undefined) {
    const shared = await services.store.read('destination', stored.destination)
    return replacement('destination', destination, shared.document)
  }
  const document = await storedDocument(services, stored)
  return replacement('connection', { destination }, document)['destination'] ?? {}
}
