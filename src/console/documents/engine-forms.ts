/** The form of each engine, and the URL that its fields make. */

import clickhouse from '../../../schemas/engines/clickhouse.json' with { type: 'json' }
import duckdb from '../../../schemas/engines/duckdb.json' with { type: 'json' }
import ducklake from '../../../schemas/engines/ducklake.json' with { type: 'json' }
import iceberg from '../../../schemas/engines/iceberg.json' with { type: 'json' }
import postgres from '../../../schemas/engines/postgres.json' with { type: 'json' }
import type { SettingsSchema } from '../../config/settings.ts'
import type { JsonObject } from '../../singer/json.ts'
import { afterScheme, hasServerCatalog, schemeOf } from '../../urls/warehouse-urls.ts'
import { joinUrl, splitOptions, splitServer, type UrlParts } from './engine-urls.ts'

export interface EngineForm {
  title: string
  description: string
  /** Page of the documentation. */
  docs: string
  schema: SettingsSchema
  /** The same schema with every field optional. Made once, because Ajv keeps what it compiles. */
  lenient: SettingsSchema
  /** Fields that are missing although the schema does not require them. */
  alsoMissing?: (settings: JsonObject) => string[]
  /** Fields that are options of the URL. The field `options` holds all others. */
  options: readonly string[]
  toParts: (settings: JsonObject) => Omit<UrlParts, 'options'>
  /** The fields in a URL of the engine, without its options. Undefined when it cannot be read. */
  fromUrl: (url: string) => JsonObject | undefined
}

function fieldText(settings: JsonObject, name: string): string {
  const value = settings[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Also of a boolean. */
function optionText(settings: JsonObject, name: string): string {
  const value = settings[name]
  return typeof value === 'boolean' ? String(value) : fieldText(settings, name)
}

function serverParts(settings: JsonObject, scheme: string): Omit<UrlParts, 'options'> {
  const text = (name: string) => fieldText(settings, name)
  const [user, password, host] = [text('user'), text('password'), text('host')]
  return { scheme, user, password, host, port: text('port'), path: text('database') }
}

/** The part of a URL before its options. */
function locationOf(url: string): string {
  return afterScheme(url).split('?', 1)[0] ?? ''
}

function pathOf(url: string): string {
  return locationOf(url).replace(/^\/\/(?=\/)/, '')
}

function formOf(file: { title: string; description: string }, page: string) {
  const { title, description } = file
  // Each file is a schema of settings.
  const schema = file as unknown as SettingsSchema
  const lenient: SettingsSchema = { ...schema, required: [] }
  return { title, description, docs: `docs/warehouses/${page}.md`, schema, lenient }
}

/** By the scheme of `warehouse_url`. */
export const ENGINE_FORMS: Readonly<Record<string, EngineForm>> = {
  duckdb: {
    ...formOf(duckdb, 'duckdb'),
    options: ['memory_limit', 'threads'],
    toParts: (settings) => ({ scheme: 'duckdb:', file: fieldText(settings, 'path') }),
    fromUrl: (url) => ({ path: decodeURIComponent(pathOf(url)) }),
  },
  postgres: {
    ...formOf(postgres, 'postgres'),
    options: ['sslmode'],
    toParts: (settings) => serverParts(settings, 'postgres://'),
    fromUrl: splitServer,
  },
  clickhouse: {
    ...formOf(clickhouse, 'clickhouse'),
    options: ['secure', 'cluster'],
    toParts: (settings) => serverParts(settings, 'clickhouse://'),
    fromUrl: splitServer,
  },
  ducklake: {
    ...formOf(ducklake, 'ducklake'),
    options: ['data_path', 'metadata_schema'],
    alsoMissing: (settings) => {
      const needed = fieldText(settings, 'catalog_file') === '' ? ['host', 'database', 'user'] : []
      return needed.filter((name) => fieldText(settings, name) === '')
    },
    toParts: (settings) => {
      const file = fieldText(settings, 'catalog_file')
      return file === ''
        ? serverParts(settings, 'ducklake:postgres://')
        : { scheme: 'ducklake:', file }
    },
    fromUrl: (url) =>
      hasServerCatalog(url)
        ? splitServer(afterScheme(url))
        : { catalog_file: decodeURIComponent(pathOf(url)) },
  },
  iceberg: {
    ...formOf(iceberg, 'iceberg'),
    options: ['warehouse', 'auth', 'client_id', 'client_secret', 'token'],
    toParts: (settings) => ({ scheme: 'iceberg:', address: fieldText(settings, 'catalog') }),
    fromUrl: (url) => ({ catalog: locationOf(url) }),
  },
}

/** The engine of a URL; null when it is none that we know. */
export function engineOf(url: string): string | null {
  const scheme = schemeOf(url)
  const engine = scheme === 'postgresql' ? 'postgres' : scheme
  return Object.hasOwn(ENGINE_FORMS, engine) ? engine : null
}

/** Names of the fields with a secret. */
export function secretFieldsOf({ schema }: EngineForm): string[] {
  return Object.keys(schema.properties).filter(
    (name) => schema.properties[name]?.writeOnly === true,
  )
}

/** A field whose value is the default of the engine is left out of the URL. */
function isDefault({ schema }: EngineForm, name: string, value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === schema.properties[name]?.default
  )
}

/** The URL that the fields make. Only for fields that match the schema. */
export function urlOf(engine: string, settings: JsonObject): string | undefined {
  const form = Object.hasOwn(ENGINE_FORMS, engine) ? ENGINE_FORMS[engine] : undefined
  if (!form) return undefined
  const named = form.options
    .filter((name) => !isDefault(form, name, settings[name]))
    .map((name): [string, string] => [name, optionText(settings, name)])
  const port = isDefault(form, 'port', settings['port']) ? '' : fieldText(settings, 'port')
  const parts = {
    ...form.toParts(settings),
    options: named,
    others: fieldText(settings, 'options'),
  }
  return joinUrl('host' in parts ? { ...parts, port } : parts)
}

/** The fields of a URL with their values, secrets included. Undefined when it cannot be read. */
export function settingsOfUrl(url: string): { engine: string; settings: JsonObject } | undefined {
  const engine = engineOf(url)
  const form = engine === null ? undefined : ENGINE_FORMS[engine]
  const place = form && readPlace(form, url)
  if (engine === null || !form || !place) return undefined
  const { known, others } = splitOptions(url, form.options)
  const typed = Object.entries(known).map(([name, text]) => [name, typedValue(form, name, text)])
  return {
    engine,
    settings: {
      ...place,
      ...(Object.fromEntries(typed) as JsonObject),
      ...(others !== '' && { options: others }),
    },
  }
}

function readPlace(form: EngineForm, url: string): JsonObject | undefined {
  try {
    return form.fromUrl(url)
  } catch {
    return undefined // a percent-escape that is not valid
  }
}

function typedValue({ schema }: EngineForm, name: string, text: string): string | number | boolean {
  const type = schema.properties[name]?.type
  if (type === 'boolean') return text !== 'false'
  return type === 'integer' && /^\d+$/.test(text) ? Number(text) : text
}
