/** Completes what a form holds with secrets that are stored already. */

import { AppError } from '../../../errors.ts'
import { parseConnection, type Connection } from '../../../runner/connection/connection.ts'
import { LONE_NAME, type DocumentKind } from '../../../runner/workspace/paths.ts'
import type { JsonObject, JsonValue } from '../../../singer/json.ts'
import { ApiError } from '../../api/problems.ts'
import { connectionIn } from '../../documents/connection-check.ts'
import { replacement } from '../../documents/keep-secrets.ts'
import { referenceProblems } from '../../documents/references.ts'
import type { Services } from '../../services.ts'

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
  return draft === undefined ? {} : ((await drafts.read(draft))?.document ?? {})
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

/** Throws DOCUMENT_INVALID for environment variables that the stored document does not use. */
function refuseReferences(kind: DocumentKind, document: JsonObject, stored: JsonObject): void {
  const problems = referenceProblems(kind, document, stored)
  if (problems.length > 0)
    throw new ApiError('DOCUMENT_INVALID', 'The settings are not valid.', { problems })
}

/** A draft was never checked, so what it holds may not be used yet. */
function validIn(document: JsonObject, { connection }: StoredAt): JsonObject {
  return connection === undefined ? {} : document
}

function hasMembers(resources: JsonValue | undefined): boolean {
  return typeof resources === 'object' && resources !== null && Object.keys(resources).length > 0
}

/** Where the file of the connection is; that of a draft does not exist yet. */
async function pathOf(services: Services, { connection, draft }: StoredAt): Promise<string> {
  if (connection !== undefined) return (await services.connections.entry(connection)).path
  return services.store.newPath(draft === undefined || draft === LONE_NAME ? 'new' : draft)
}

/** What the owner of the tables is known by. */
function identityOf(document: JsonObject, { connection }: StoredAt): JsonObject {
  const { id, name } = document
  return {
    ...(typeof id === 'string' && { id }),
    // The name in a draft is the one that it is to have.
    ...(typeof name === 'string' && connection !== undefined && { name }),
  }
}

/** A connection with this source, to run the tap. Throws DOCUMENT_INVALID. */
export async function sourceConnection(
  services: Services,
  request: { source: JsonObject; resources?: JsonObject; stored?: StoredAt },
): Promise<Connection> {
  const { source, resources, stored = {} } = request
  const old = await storedDocument(services, stored)
  const complete = replacement('connection', { source }, old)
  refuseReferences('connection', complete, validIn(old, stored))
  const document = {
    ...identityOf(old, stored),
    source: complete['source'] ?? {},
    destination: NO_DESTINATION,
    ...(hasMembers(resources) && { resources: resources ?? {} }),
  }
  try {
    const path = await pathOf(services, stored)
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
  const document = {
    ...identityOf(await storedDocument(services, stored), stored),
    source: NO_SOURCE,
    destination: complete,
    ...(hasMembers(resources) && { resources: resources ?? {} }),
  }
  try {
    const path = await pathOf(services, stored)
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
    const next = replacement('destination', destination, shared.document)
    refuseReferences('destination', next, shared.document)
    return next
  }
  const document = await storedDocument(services, stored)
  const next = replacement('connection', { destination }, document)
  refuseReferences('connection', next, validIn(document, stored))
  return next['destination'] ?? {}
}
