/** A document as responses show it. Pure. */

import type { DocumentKind } from '../../runner/workspace/paths.ts'
import type { JsonObject, JsonValue } from '../../singer/json.ts'
import type { Api } from '../api/schemas.generated.ts'
import { valueAt } from './fields.ts'
import { redact, type Redacted } from './redact.ts'
import { secretPlace } from './warehouse-fields.ts'

/** The settings that must stay as they are for a stored secret to stay. */
function placeOf(path: string[], value: JsonValue | undefined, document: JsonObject) {
  const name = path.at(-1)
  if (name === 'warehouse_url') return secretPlace(value)
  if (name !== 'app_api_key') return undefined
  return { api_url: valueAt(document, ['source', 'api_url']) ?? null }
}

/** The document without its secrets. Says with each secret where it is sent. */
export function shownDocument(kind: DocumentKind, document: JsonObject): Redacted {
  const { document: shown, secrets } = redact(kind, document)
  const placed = secrets.map((secret): Api<'Secret'> => {
    const path = secret.field.split('.')
    const place = secret.is_set ? placeOf(path, valueAt(document, path), document) : undefined
    return place ? { ...secret, place: place } : secret
  })
  return { document: shown, secrets: placed }
}
