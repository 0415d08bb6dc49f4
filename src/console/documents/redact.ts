/** Documents without their secrets. Pure. */

import type { JsonObject, JsonValue } from '../../singer/json.ts'
import type { DocumentKind } from '../../runner/workspace/paths.ts'
import { decodePercent } from '../../urls/percent-decoding.ts'
import { withoutSecrets } from '../../urls/url-secrets.ts'
import type { Api } from '../api/schemas.generated.ts'
import { valueAt, withValueAt } from './fields.ts'
import { SECRET_FIELDS, type FieldPath } from './secret-fields.ts'

const MASK = '***'

/** A value that is only references to environment variables. */
const REFERENCES = /^(?:\$\{[^}]*\})+$/

/** True for text that holds a variable in place of a secret. */
export function isReference(text: string): boolean {
  return REFERENCES.test(text)
}

/** The user of a masked URL: without a password, or with a mask or references in its place. */
const MASKED_USER = /^[\w:+.-]+:\/\/[^@:]*(?::(?:\*\*\*|(?:\$\{[^}]*\})+))?@/

/**
 * The URL of a warehouse with its secrets masked. Null when it cannot be read and has what could be
 * a password.
 */
export function shownUrl(url: string): string | null {
  const shown = withoutSecrets(url, (secret) =>
    isReference(decodePercent(secret)) ? secret : MASK,
  )
  return shown === null || (shown.includes('@') && !MASKED_USER.test(shown)) ? null : shown
}

/** Webhooks often hold a token in their path. */
function shownWebhook(url: string): string | null {
  return URL.canParse(url) ? `${new URL(url).origin}/${MASK}` : null
}

/** What can be shown of a setting that can hold a secret. Equal to the value when it holds none. */
function shownValue(path: FieldPath, value: string): string | null {
  if (isReference(value)) return value
  const name = path.at(-1)
  if (name === 'warehouse_url') return shownUrl(value)
  return name === 'url' ? shownWebhook(value) : null
}

const API_URL: FieldPath = ['source', 'api_url']

/** A URL of the API must have no user. One that was written manually is masked. */
function withShownApiUrl(document: JsonObject): JsonObject {
  const value = valueAt(document, API_URL)
  if (typeof value !== 'string' || !URL.canParse(value)) return document
  const url = new URL(value)
  if (url.username + url.password === '') return document
  return withValueAt(document, API_URL, `${url.protocol}//${MASK}@${url.host}${url.pathname}`)
}

export interface Redacted {
  document: JsonObject
  secrets: Api<'Secret'>[]
}

function isSecretSet(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null && value !== ''
}

function secretOf(path: FieldPath, value: JsonValue | undefined): Api<'Secret'> {
  const isSet = isSecretSet(value)
  const shown = typeof value === 'string' && isSet ? shownValue(path, value) : null
  return { field: path.join('.'), is_set: isSet, shown }
}

/** Leaves out each setting whose value cannot be shown as it is. */
export function redact(kind: DocumentKind, document: JsonObject): Redacted {
  const paths = SECRET_FIELDS[kind]
  const secrets = paths.map((path) => secretOf(path, valueAt(document, path)))
  const hidden = paths.filter((path, at) => valueAt(document, path) !== secrets[at]?.shown)
  return {
    document: hidden.reduce(
      (shown, path) => withValueAt(shown, path, undefined),
      withShownApiUrl(document),
    ),
    secrets,
  }
}

/** The document with `***` for each secret, to show the file that would be written. */
export function masked(kind: DocumentKind, document: JsonObject): JsonObject {
  return SECRET_FIELDS[kind].reduce((shown, path) => {
    const value = valueAt(document, path)
    if (!isSecretSet(value)) return shown
    const text = typeof value === 'string' ? shownValue(path, value) : null
    return withValueAt(shown, path, text ?? MASK)
  }, withShownApiUrl(document))
}
