/** The warehouse of a document as form fields, and back. Pure. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { secretsInUrl } from '../../urls/url-secrets.ts'
import { checkSettings } from '../../config/settings.ts'
import { ApiError, type FieldProblem } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import {
  ENGINE_FORMS,
  secretFieldsOf,
  settingsOfUrl,
  urlOf,
  type EngineForm,
} from './engine-forms.ts'
import { clauseOf } from './fields.ts'
import { isReference } from './redact.ts'

type Warehouse = Api<'Warehouse'>

function isSecretValue(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value !== '' && !isReference(value)
}

/** Whether the other options of the URL hold a secret. */
function hasSecretOption({ options }: JsonObject): boolean {
  return typeof options === 'string' && secretsInUrl(`?${options}`).length > 0
}

/**
 * The fields without secrets. Null when the URL cannot be read, and when other options of it hold a
 * secret.
 */
export function warehouseView(url: JsonValue | undefined): Warehouse | null {
  const found = typeof url === 'string' ? settingsOfUrl(url) : undefined
  const form = found && ENGINE_FORMS[found.engine]
  if (!found || !form) return null
  if (hasSecretOption(found.settings)) return null
  const secret = secretFieldsOf(form).filter((name) => isSecretValue(found.settings[name]))
  const shown = Object.entries(found.settings).filter(([name]) => !secret.includes(name))
  return { engine: found.engine, settings: Object.fromEntries(shown) }
}

/** Fields that say where the secret is sent, and how well it is protected on its way. */
const PLACE_FIELDS = ['host', 'port', 'sslmode', 'secure', 'catalog', 'auth', 'options']

function isSamePlace(a: JsonObject, b: JsonObject): boolean {
  return PLACE_FIELDS.every((name) => (a[name] ?? '') === (b[name] ?? ''))
}

/**
 * The engine and the fields of a stored URL that must stay as they are for its secret to stay, with
 * defaults filled in. Undefined when the URL cannot be shown as fields.
 */
export function secretPlace(url: JsonValue | undefined): JsonObject | undefined {
  const view = warehouseView(url)
  const form = view && ENGINE_FORMS[view.engine]
  if (!view || !form) return undefined
  const settings = withDefaults(form, view.settings)
  const place = PLACE_FIELDS.filter((name) => Object.hasOwn(form.schema.properties, name))
  const values = place.map((name) => [name, settings[name] ?? null] as const)
  return { engine: view.engine, ...Object.fromEntries(values) }
}

/**
 * The fields with the stored secrets that the request leaves out. A stored secret is not sent to
 * another place: then DOCUMENT_INVALID is thrown. An empty text or null removes the secret.
 */
function withStoredSecrets(
  form: EngineForm,
  { engine, settings }: Warehouse,
  { storedUrl, prefix }: { storedUrl: JsonValue | undefined; prefix: string },
): JsonObject {
  const stored = typeof storedUrl === 'string' ? settingsOfUrl(storedUrl) : undefined
  if (stored?.engine !== engine) return settings
  const kept = secretFieldsOf(form).filter(
    (name) => !Object.hasOwn(settings, name) && isSecretValue(stored.settings[name]),
  )
  const isSame = isSamePlace(withDefaults(form, settings), withDefaults(form, stored.settings))
  if (!isSame && kept.length > 0)
    throw invalid(
      kept.map((name) => ({
        field: `${prefix}${name}`,
        message: 'must be entered again, because the host or an option has changed',
      })),
    )
  return {
    ...settings,
    ...Object.fromEntries(kept.map((name) => [name, stored.settings[name] ?? ''])),
  }
}

function withDefaults({ schema }: EngineForm, settings: JsonObject): JsonObject {
  const defaults = Object.entries(schema.properties).flatMap(([name, property]) =>
    property.default === undefined ? [] : [[name, property.default as JsonValue] as const],
  )
  return { ...Object.fromEntries(defaults), ...settings }
}

function invalid(problems: FieldProblem[]): ApiError {
  return new ApiError('DOCUMENT_INVALID', 'The warehouse is not valid.', { problems })
}

function isMissing({ schema }: EngineForm, settings: JsonObject, name: string): boolean {
  return (settings[name] ?? '') === '' && schema.properties[name]?.default === undefined
}

/** One problem for each field that does not match the schema of the engine. */
function warehouseProblems(form: EngineForm, settings: JsonObject, prefix: string): FieldProblem[] {
  const unknown = Object.keys(settings).filter(
    (name) => !Object.hasOwn(form.schema.properties, name),
  )
  const missing = (form.schema.required ?? []).filter((name) => isMissing(form, settings, name))
  const wrong = Object.entries(settings).flatMap(([name, value]) =>
    checkSettings({ [name]: value }, form.lenient).faults.map((fault) => ({
      field: `${prefix}${name}`,
      message: clauseOf(fault),
    })),
  )
  return [
    ...unknown.map((name) => ({
      field: `${prefix}${name}`,
      message: 'is not a field of this engine',
    })),
    ...[...missing, ...(form.alsoMissing?.(settings) ?? [])].map((name) => ({
      field: `${prefix}${name}`,
      message: 'is missing',
    })),
    ...wrong,
  ]
}

/**
 * Replaces the member `warehouse` of settings by the URL that it makes. Throws DOCUMENT_INVALID
 * with the problems of its fields.
 * @param prefix of field names, such as `destination.`
 */
export function withWarehouseUrl(
  settings: JsonObject,
  storedUrl: JsonValue | undefined,
  prefix: string,
): JsonObject {
  const { warehouse, ...others } = settings
  if (warehouse === undefined) return settings
  const fields = isJsonObject(warehouse) ? warehouse : {}
  const { engine, settings: given } = fields
  const form =
    typeof engine === 'string' && Object.hasOwn(ENGINE_FORMS, engine)
      ? ENGINE_FORMS[engine]
      : undefined
  if (typeof engine !== 'string' || !form || !isJsonObject(given))
    throw invalid([
      {
        field: `${prefix}warehouse.engine`,
        message: `must be one of ${Object.keys(ENGINE_FORMS).join(', ')}`,
      },
    ])
  const place = { storedUrl, prefix: `${prefix}warehouse.settings.` }
  const problems = warehouseProblems(form, given, place.prefix)
  if (problems.length > 0) throw invalid(problems)
  const complete = withStoredSecrets(form, { engine, settings: given }, place)
  return { ...others, warehouse_url: urlOf(engine, withDefaults(form, complete)) ?? null }
}

/** Form fields without the secret ones. */
export function withoutWarehouseSecrets(warehouse: JsonObject): JsonObject {
  const { engine, settings } = warehouse
  const form =
    typeof engine === 'string' && Object.hasOwn(ENGINE_FORMS, engine)
      ? ENGINE_FORMS[engine]
      : undefined
  if (!form || !isJsonObject(settings)) return {}
  const secret = [...secretFieldsOf(form), ...(hasSecretOption(settings) ? ['options'] : [])]
  const shown = Object.entries(settings).filter(([name]) => !secret.includes(name))
  return { engine: engine ?? null, settings: Object.fromEntries(shown) }
}
