/**
 * Refuses new settings that would show or send environment variables of the console to a user who
 * can log in. In fields with secrets they are the recommended way, and a file of the workspace may
 * hold them anywhere. Pure.
 */

import type { DocumentKind } from '../../runner/workspace/paths.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { isLoopbackHost } from '../../urls/url-safety.ts'
import { secretsInUrl } from '../../urls/url-secrets.ts'
import type { FieldProblem } from '../api/problems.ts'
import { ENGINE_FORMS, secretFieldsOf, settingsOfUrl } from './engine-forms.ts'
import { valueAt } from './fields.ts'
import { isReference } from './redact.ts'
import { SECRET_FIELDS, type FieldPath } from './secret-fields.ts'

/** `$${NAME}` is no reference, but the text `${NAME}`. */
const REFERENCE = /\$?\$\{[^}]*\}/g

function hasReference(value: JsonValue | undefined): boolean {
  if (typeof value !== 'string') return false
  return (value.match(REFERENCE) ?? []).some((found) => !found.startsWith('$$'))
}

/** Every text of a document, with its path. */
function textsIn(value: JsonValue, path: FieldPath = []): [FieldPath, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (Array.isArray(value)) return value.flatMap((item, at) => textsIn(item, [...path, String(at)]))
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, [...path, name]))
}

/** Other options of a URL without the values of those with secrets. */
function withoutSecretValues(options: JsonValue | undefined): JsonValue | undefined {
  if (typeof options !== 'string') return options
  return secretsInUrl(`?${options}`).reduce((kept, secret) => kept.replace(secret, ''), options)
}

/** Whether the URL has a reference in a part that responses show. */
function showsReference(url: string, stored: JsonValue | undefined): boolean {
  if (isReference(url)) return false
  const found = settingsOfUrl(url)
  const form = found && ENGINE_FORMS[found.engine]
  if (!found || !form) return true
  const before = typeof stored === 'string' ? settingsOfUrl(stored)?.settings : undefined
  return Object.entries(found.settings)
    .filter(([name, value]) => !secretFieldsOf(form).includes(name) && value !== before?.[name])
    .some(([name, value]) => hasReference(name === 'options' ? withoutSecretValues(value) : value))
}

/** Whether the key would be sent to a server that nobody has stored with it. */
function leavesWithKey(document: JsonObject, stored: JsonObject): boolean {
  const url = valueAt(document, ['source', 'api_url'])
  if (typeof url !== 'string' || url === valueAt(stored, ['source', 'api_url'])) return false
  return !(URL.canParse(url) && isLoopbackHost(new URL(url).hostname))
}

function problemOf(
  kind: DocumentKind,
  [path, text]: [FieldPath, string],
  { document, stored }: { document: JsonObject; stored: JsonObject },
): string | undefined {
  const before = valueAt(stored, path)
  const name = path.at(-1)
  if (name === 'app_api_key' && leavesWithKey(document, stored))
    return 'must be the key itself, because an environment variable is not sent to a new api_url'
  if (text === before) return undefined
  if (name === 'warehouse_url')
    return showsReference(text, before)
      ? 'must hold environment variables in place of its secrets only'
      : undefined
  const isSecret = SECRET_FIELDS[kind].some((secret) => secret.join('.') === path.join('.'))
  return isSecret ? undefined : 'must hold no environment variable, because it is no secret'
}

/** One problem for each reference to an environment variable that `stored` does not have. */
export function referenceProblems(
  kind: DocumentKind,
  document: JsonObject,
  stored: JsonObject,
): FieldProblem[] {
  return textsIn(document)
    .filter(([, text]) => hasReference(text))
    .flatMap(([path, text]) => {
      const message = problemOf(kind, [path, text], { document, stored })
      return message === undefined ? [] : [{ field: path.join('.'), message }]
    })
}
