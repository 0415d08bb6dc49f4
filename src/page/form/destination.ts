/**
 * A shared destination in the form of a connection, which has the same fields. A new one has its
 * name as a member. Pure.
 */

import type { Api } from '../../console/api/schemas.generated.ts'
import { sectionAt, valueAt, type Document } from '../view/documents.ts'
import { secretPaths, withWarehouse } from './draft.ts'
import { keptSecret } from './stored-secret.ts'

/** The document with fields in place of the URL. A URL that fits no fields stays as it came. */
export function formOfDestination({
  document,
  warehouse,
}: Pick<Api<'DestinationDetail'>, 'document' | 'warehouse'>): Document {
  return withWarehouse({ destination: document }, warehouse)
}

export function emptyDestination({ engines }: Pick<Api<'Forms'>, 'engines'>): Document {
  const engine = engines[0]?.engine ?? 'duckdb'
  return { name: '', destination: { warehouse: { engine, settings: {} } } }
}

/** The document to store. */
export function destinationOf(document: Document): Document {
  return sectionAt(document, 'destination')
}

interface SecretsOfForm {
  forms: Api<'Forms'>
  /** What the console has stored. */
  secrets: readonly Api<'Secret'>[]
  document: Document
}

/** Whether the document leaves out a secret that the console has, and that it keeps. */
export function isStoredSecret({ forms, secrets, document }: SecretsOfForm, path: string): boolean {
  const isLeftOut = valueAt(document, path) === undefined
  const isSecret = secretPaths(forms, document).includes(path)
  return isLeftOut && isSecret && keptSecret({ forms, secrets, document }, path) !== undefined
}
