/** Secrets that the console has stored, by the fields of the form. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'
import { textAt, type Document } from '../view/documents.ts'

type Secret = Api<'Secret'>

const WAREHOUSE_FIELD = /^(destination\.)?warehouse\./

/** Whether a URL hides something. One that cannot be shown may. */
function hidesSecret({ shown }: Secret): boolean {
  return shown === null || shown.includes('***')
}

/** Fields that say where a secret is sent. The console sends a stored one nowhere else. */
const PLACE_FIELDS = ['host', 'port', 'catalog', 'auth', 'options']

function isSamePlace(base: Document, document: Document): boolean {
  const names = ['engine', ...PLACE_FIELDS.map((name) => `settings.${name}`)]
  const paths = names.map((name) => `destination.warehouse.${name}`)
  return paths.every((path) => textAt(base, path) === textAt(document, path))
}

interface StoredSecrets {
  secrets: readonly Secret[]
  /** The document that the console has stored, to be compared with the entered one. */
  base?: Document
  document?: Document
}

/**
 * The stored secret of a field, if there is one. Secret fields of a warehouse are part of its URL,
 * and belong to its place.
 * @param path of the field in the document
 */
export function storedSecret(
  { secrets, base, document }: StoredSecrets,
  path: string,
): Secret | undefined {
  if (!WAREHOUSE_FIELD.test(path)) {
    return secrets.find(({ field, is_set }) => field === path && is_set)
  }
  if (base && document && !isSamePlace(base, document)) return undefined
  const url = secrets.find(({ field, is_set }) => field === 'destination.warehouse_url' && is_set)
  return url && hidesSecret(url) ? url : undefined
}
