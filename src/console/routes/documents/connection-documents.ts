/** What the handlers of connections share: reading, validating and writing their documents. */

import { LONE_NAME } from '../../../runner/workspace/paths.ts'
import type { JsonObject } from '../../../singer/json.ts'
import type { Api } from '../../api/schemas.generated.ts'
import { connectionProblems, refuseProblems } from '../../documents/connection-check.ts'
import type { ReadDocument } from '../../documents/document-store.ts'
import { referenceProblems } from '../../documents/references.ts'
import { shownDocument } from '../../documents/shown-document.ts'
import { STEPS, type Step, type Surroundings } from '../../documents/validation.ts'
import { valueAt } from '../../documents/fields.ts'
import { warehouseView } from '../../documents/warehouse-fields.ts'
import { ApiError, type FieldProblem } from '../../api/problems.ts'
import type { Services } from '../../services.ts'
import type { Answer } from '../call.ts'

/** Where a document is checked: as a new connection, or in place of an old one. */
export interface CheckedPlace {
  /** The name of a new connection. */
  newName?: string | undefined
  /** The connection that it replaces. */
  replaced?: string | undefined
  steps?: readonly Step[]
}

async function surroundingsOf(
  services: Services,
  { replaced }: CheckedPlace,
): Promise<Surroundings> {
  const entries = await services.connections.entries()
  const destinations = await services.store.list('destination')
  return {
    env: services.options.env,
    // No file in connections/ may have the name of a lone connection.json.
    otherNames: [LONE_NAME, ...entries.map(({ name }) => name)].filter((name) => name !== replaced),
    destinations: destinations.map(({ name }) => name),
  }
}

async function storedOf({ store }: Services, name: string): Promise<JsonObject> {
  return (await store.read('connection', name)).document
}

/** Whether a setting is asked for in one of the steps. Others are checked with the whole. */
function isIn(field: string, steps: readonly Step[]): boolean {
  const [section = ''] = field.split('.')
  const isOfStep = (STEPS as readonly string[]).includes(section) && section !== 'name'
  return isOfStep ? (steps as readonly string[]).includes(section) : steps.length === STEPS.length
}

/** What is wrong with the document of a connection. */
export async function problemsIn(
  services: Services,
  document: JsonObject,
  place: CheckedPlace,
): Promise<FieldProblem[]> {
  const { newName, replaced, steps = STEPS } = place
  const stored = replaced === undefined ? {} : await storedOf(services, replaced)
  const references = referenceProblems('connection', document, stored).filter(({ field }) =>
    isIn(field, steps),
  )
  // Other problems could quote the value of a variable.
  if (references.length > 0) return references
  const others = (await services.connections.valid()).filter(({ name }) => name !== replaced)
  const path =
    replaced === undefined
      ? services.store.newPath(newName ?? 'new')
      : (await services.connections.entry(replaced)).path
  const problems = await connectionProblems({
    name: newName,
    path,
    document,
    steps,
    surroundings: await surroundingsOf(services, place),
    others: others.map(({ connection }) => connection),
  })
  const { logger } = services.options
  return problems.map(({ field, message }) => ({ field, message: logger.clean(message) }))
}

/** Throws DOCUMENT_INVALID. */
export async function refuseInvalid(
  services: Services,
  document: JsonObject,
  place: CheckedPlace,
): Promise<void> {
  refuseProblems('connection', await problemsIn(services, document, place))
}

/** The detail of a connection, with the version of its document. */
export async function connectionDetail(services: Services, name: string): Promise<Answer> {
  const read = await services.store.read('connection', name)
  const { document, secrets } = shownDocument('connection', read.document)
  const problems =
    read.problem === undefined
      ? await problemsIn(services, read.document, { replaced: name })
      : [{ field: '', message: read.problem }]
  const body: Api<'ConnectionDetail'> = {
    name,
    // JSON of the file.
    document,
    secrets,
    warehouse: warehouseView(valueAt(read.document, ['destination', 'warehouse_url'])),
    problems,
    connection: await services.connections.view(name),
  }
  return { body, etag: read.etag }
}

/** Throws VERSION_MISMATCH unless the document has the version. */
export function refuseOldVersion({ etag, name }: ReadDocument, version: string): void {
  if (etag === version) return
  throw new ApiError('VERSION_MISMATCH', `${name} was changed meanwhile.`, {
    hint: 'Read it again and repeat the change.',
  })
}
