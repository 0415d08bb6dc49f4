/** The connections that use a shared destination, and what a change of it does to them. */

import { AppError } from '../../../errors.ts'
import { refusedVersions } from '../../../runner/connection/conflicts.ts'
import type { Connection } from '../../../runner/connection/connection.ts'
import { isDocumentName, type DocumentKind } from '../../../runner/workspace/paths.ts'
import type { JsonObject, JsonValue } from '../../../singer/json.ts'
import { ApiError, type FieldProblem } from '../../api/problems.ts'
import { connectionWith } from '../../documents/connection-check.ts'
import type { ReadDocument } from '../../documents/document-store.ts'
import { valueAt } from '../../documents/fields.ts'
import type { Services } from '../../services.ts'

/** Undefined for a file that cannot be read, or whose name no document can have. */
export async function readIfPossible(
  { store }: Services,
  kind: DocumentKind,
  name: string,
): Promise<ReadDocument | undefined> {
  if (!isDocumentName(name)) return undefined
  return store.read(kind, name).catch((error: unknown) => {
    if (error instanceof AppError || error instanceof ApiError) return undefined
    throw error
  })
}

/** Every connection that can be read. */
async function readConnections(services: Services): Promise<ReadDocument[]> {
  const entries = await services.store.list('connection')
  const all = entries.map(async ({ name }) => readIfPossible(services, 'connection', name))
  return (await Promise.all(all)).filter((read) => read !== undefined)
}

function usedBy({ document }: ReadDocument): JsonValue | undefined {
  return valueAt(document, ['destination', 'use'])
}

/** Names of the connections that use each destination. */
export async function destinationUsers(
  services: Services,
): Promise<ReadonlyMap<JsonValue | undefined, readonly string[]>> {
  const found = new Map<JsonValue | undefined, string[]>()
  for (const read of await readConnections(services))
    found.set(usedBy(read), [...(found.get(usedBy(read)) ?? []), read.name])
  return found
}

/** A connection with the new settings of its destination, or why there would be none. */
type Next = { connection: Connection } | { problem: string }

function nextOf(
  { document, path }: ReadDocument,
  shared: JsonObject,
  env: NodeJS.ProcessEnv,
): Next {
  try {
    return { connection: connectionWith(document, path, { shared, env }) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { problem: error.fullText }
  }
}

/** What each of the connections conflicts with, by path. */
function conflictsOf(
  connections: readonly Connection[],
  others: readonly Connection[],
): ReadonlyMap<string, string> {
  const refused = refusedVersions(
    connections.map((next) => ({ earlier: undefined, next })),
    others,
  )
  return new Map([...refused].map(([{ path }, { fullText }]) => [path, fullText]))
}

/** What each connection could not do after the change, though it can now. */
export async function userProblems(
  services: Services,
  name: string,
  shared: JsonObject,
): Promise<FieldProblem[]> {
  const { env, logger } = services.options
  const users = (await readConnections(services)).filter((read) => usedBy(read) === name)
  const valid = await services.connections.valid()
  const paths = new Set(users.map(({ path }) => path))
  const others = valid.filter(({ connection }) => !paths.has(connection.path))
  const settled = others.map(({ connection }) => connection)
  const now = valid.map(({ connection }) => connection).filter(({ path }) => paths.has(path))
  const next = users.map((read) => ({ ...read, next: nextOf(read, shared, env) }))
  const before = conflictsOf(now, settled)
  const after = conflictsOf(
    next.flatMap(({ next: one }) => ('connection' in one ? [one.connection] : [])),
    settled,
  )
  return next.flatMap(({ name: user, path, next: one }) => {
    const isValid = now.some((connection) => connection.path === path)
    const invalid = 'problem' in one && isValid ? one.problem : undefined
    const problem = invalid ?? (before.has(path) ? undefined : after.get(path))
    if (problem === undefined) return []
    return [{ field: '', message: logger.clean(`The connection ${user} uses it: ${problem}`) }]
  })
}
