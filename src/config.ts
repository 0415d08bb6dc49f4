/** Settings: files and environment, merged, coerced and validated against a JSON Schema; all faults told at once. */

import { inspect } from 'node:util'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { AppError } from './errors.ts'
import { readJsonFile } from './json-file.ts'
import { nearestName } from './nearest-name.ts'
import { parseEpochMs } from './rfc3339.ts'

/** What a schema in `schemas/config/` says of one setting. */
export interface SettingSchema {
  type: string
  title?: string
  description?: string
  default?: unknown
  enum?: readonly unknown[]
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  minLength?: number
  pattern?: string
  /** What the pattern asks for, in words. */
  rule?: string
  examples?: readonly unknown[]
  format?: string
  /** Set on secrets: never shown, masked in logs. */
  writeOnly?: boolean
}

export interface SettingsSchema {
  type: string
  properties: Record<string, SettingSchema>
  required?: readonly string[]
}

export interface ConfigSource {
  /** Files in order, later ones win; the literal `ENV` stands for the environment, which wins over every file. */
  paths: readonly string[]
  /** `TAP_CUSTOMERIO` reads `TAP_CUSTOMERIO_<SETTING>`. */
  envPrefix: string
  env: NodeJS.ProcessEnv
  /** Settings that other programs take from the same file: they are not misspelt. */
  shared?: readonly string[]
  /** Called with a sentence when the files or the environment hold settings that are not known. */
  warn?: (sentence: string) => void
}

/** Longer texts are pasted, not mistyped: they are not repeated, for a key may have come into the wrong place. */
const MAX_SHOWN_CHARS = 30
/** What may stand in an HTTP header, as it is written in the schemas. */
const PRINTABLE_ASCII = '^[ -~]*$'
/** What no environment variable, argument, header, name or path can hold, or what would change on its way there. */
const UNUSABLE = /[\p{Cc}\p{Cs}]/u
/** The same, where a URL hides it. */
const ENCODED_NUL = /%00/

const HOLDS_UNUSABLE = 'holds a control character or half of a surrogate pair: take it out'

type Settings = Record<string, unknown>

function settingsFromEnv(schema: SettingsSchema, source: ConfigSource): Settings {
  const found: Settings = {}
  for (const name of Object.keys(schema.properties)) {
    const value = source.env[`${source.envPrefix}_${name.toUpperCase()}`]
    if (value !== undefined) found[name] = value
  }
  return found
}

/** A name is shown, but not a long one: it may be a secret that came into the wrong place. */
function shownName(name: string): string {
  return name.length > MAX_SHOWN_CHARS * 2 ? `a name of ${name.length} characters` : `\`${name}\``
}

/** Unknown names of files, each with the nearest known one; undefined where there are none. */
function unknownSentence(
  names: readonly string[],
  schema: SettingsSchema,
  shared: readonly string[],
): string | undefined {
  const own = Object.keys(schema.properties)
  const unknown = names.filter((name) => ![...own, ...shared, '$schema'].includes(name))
  if (unknown.length === 0) return undefined
  const texts = unknown.map((name) => {
    const nearest = nearestName(name, own) ?? nearestName(name, shared)
    return nearest ? `${shownName(name)} (did you mean \`${nearest}\`?)` : shownName(name)
  })
  return `The configuration has settings that are not known and have no effect: ${texts.join(', ')}.`
}

/** Variables with our prefix that are nearly a setting. Others may be anybody's. */
function misspeltVariables(schema: SettingsSchema, { env, envPrefix }: ConfigSource): string[] {
  const own = Object.keys(schema.properties)
  return Object.keys(env).flatMap((variable) => {
    if (!variable.startsWith(`${envPrefix}_`)) return []
    const name = variable.slice(envPrefix.length + 1).toLowerCase()
    const isMisspelt = !own.includes(name) && !name.startsWith('_') && name !== 'loglevel'
    return isMisspelt && nearestName(name, own) !== undefined ? [name] : []
  })
}

/** Null and blank texts mean "not set": Meltano and shells write them for settings that nobody gave. */
function withoutUnset(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([, value]) => value !== null && !(typeof value === 'string' && value.trim() === ''),
    ),
  )
}

/** Secrets are pasted, often with a blank or a line end. */
function trimSecrets(settings: Settings, schema: SettingsSchema): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const isSecret = schema.properties[name]?.writeOnly === true
      return [name, isSecret && typeof value === 'string' ? value.trim() : value]
    }),
  )
}

function newAjv(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    coerceTypes: true,
    useDefaults: true,
    strict: false,
    verbose: true,
  })
  ajv.addFormat('rfc3339', (text: string) => parseEpochMs(text) !== undefined)
  ajv.addFormat('uri', (text: string) => URL.canParse(text))
  return ajv
}

let sharedAjv: Ajv | undefined

/** Compiled once a schema: Ajv keeps what it has compiled by the schema's identity. */
function validatorOf(schema: SettingsSchema): ValidateFunction {
  sharedAjv ??= newAjv()
  return sharedAjv.compile(schema)
}

function allowed(setting: SettingSchema): string {
  if (setting.enum) return `one of ${setting.enum.map(String).join(', ')}`
  if (setting.format === 'rfc3339') return 'a date such as 2026-01-31 or 2026-01-31T00:00:00Z'
  if (setting.format === 'uri') return 'a URL'
  if (setting.pattern === PRINTABLE_ASCII) return 'text of printable ASCII characters'
  if (setting.pattern !== undefined)
    return `${setting.rule ?? 'text'} such as ${String(setting.examples?.[0])}`
  if (setting.minLength !== undefined && setting.minLength > 1)
    return `text of at least ${setting.minLength} characters`
  const article = setting.type === 'integer' ? 'an' : 'a'
  const kind = setting.type === 'boolean' ? 'true or false' : `${article} ${setting.type}`
  return [kind, ...bounds(setting)].join(' ')
}

function bounds({ minimum, exclusiveMinimum, maximum }: SettingSchema): string[] {
  const parts = [
    minimum === undefined ? [] : `of at least ${minimum}`,
    exclusiveMinimum === undefined ? [] : `greater than ${exclusiveMinimum}`,
    maximum === undefined ? [] : `of at most ${maximum}`,
  ].flat()
  return parts.length > 1 ? [parts.join(' and ')] : parts
}

/** Texts of the settings that must not be shown. */
function secretsOf(settings: Settings, schema: SettingsSchema): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    schema.properties[name]?.writeOnly && typeof value === 'string' && value !== '' ? [value] : [],
  )
}

/** Whether a refused value may be told: no secret, also not of another setting, and no address, which can hold a password or a key. */
function isShown(value: string, setting: SettingSchema, secrets: readonly string[]): boolean {
  if (setting.writeOnly || setting.format === 'uri' || value.includes('://')) return false
  return value.length <= MAX_SHOWN_CHARS && !secrets.some((secret) => value.includes(secret))
}

/** Whether a setting has characters that could not reach the program that uses it. */
function isUnusable(value: unknown): boolean {
  if (typeof value !== 'string') return false
  return UNUSABLE.test(value) || (value.includes(':') && ENCODED_NUL.test(value))
}

interface Checked {
  schema: SettingsSchema
  section: string
  secrets: readonly string[]
}

function faultText(error: ErrorObject, { schema, section, secrets }: Checked): string {
  if (error.keyword === 'required') {
    const name = String(error.params['missingProperty'])
    return `\`${section}${name}\` is missing`
  }
  const name = error.instancePath.split('/')[1] ?? ''
  const setting = schema.properties[name]
  if (!setting) return `${section}${name} ${error.message ?? 'is not allowed'}`
  const value = JSON.stringify(error.data)
  const mayShow = !isUnusable(error.data) && isShown(value, setting, secrets)
  const shown = mayShow ? `, not ${value}` : ''
  const hint = setting.format === 'uri' && isPasswordCut(error.data) ? ENCODING_HINT : ''
  return `\`${section}${name}\` must be ${allowed(setting)}${shown}${hint}`
}

const ENCODING_HINT =
  '; write special characters of its user and password percent-encoded, / as %2F, # as %23, ? as %3F'

/** A URL whose user and password end too early, by a character that means something else. */
function isPasswordCut(value: unknown): boolean {
  return typeof value === 'string' && /^[^:/?#]+:\/\/[^@/?#]*[/?#].*@/s.test(value)
}

/** Settings after coercion and defaults, and what is wrong with them: one clause each, naming setting and what is allowed, no secret. */
export interface CheckedSettings {
  settings: Settings
  faults: string[]
  missing: string | undefined
}

/**
 * Coerces (`"90"`, `"true"`), fills defaults and validates. Unknown settings are left out.
 * @param section precedes the names in the faults, such as `source.`
 */
export function checkSettings(
  raw: Settings,
  schema: SettingsSchema,
  section = '',
): CheckedSettings {
  const known = Object.entries(withoutUnset(raw)).filter(([name]) =>
    Object.hasOwn(schema.properties, name),
  )
  const settings = trimSecrets(Object.fromEntries(known), schema)
  const checked = { schema, section, secrets: secretsOf(settings, schema) }
  const validate = validatorOf(schema)
  validate(settings)
  // What a section must hold as a whole is checked by its reader.
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'minProperties')
  const missing = errors.find((error) => error.keyword === 'required')
  const refused = new Set(errors.map((error) => error.instancePath.split('/')[1]))
  const unusable = Object.keys(settings).filter(
    (name) => isUnusable(settings[name]) && !refused.has(name),
  )
  return {
    settings,
    faults: [
      ...new Set(errors.map((error) => faultText(error, checked))),
      ...unusable.map((name) => `\`${section}${name}\` ${HOLDS_UNUSABLE}`),
    ],
    missing: missing && String(missing.params['missingProperty']),
  }
}

/**
 * Like `checkSettings`, for Meltano users who share one config.
 * Throws CONFIG_INVALID with every fault, naming the setting and what is allowed.
 */
export function validateSettings<T>(raw: Settings, schema: SettingsSchema, envPrefix: string): T {
  const { settings, faults, missing } = checkSettings(raw, schema)
  if (faults.length === 0) return settings as T
  throw new AppError('CONFIG_INVALID', `The configuration is not usable: ${faults.join('; ')}.`, {
    ...(missing !== undefined && {
      hint: `Put it into the file given with --config, or use --config ENV and set ${envPrefix}_${missing.toUpperCase()}.`,
    }),
  })
}

/** Merges files and environment and validates the result; see `validateSettings`. */
export async function loadConfig<T>(schema: SettingsSchema, source: ConfigSource): Promise<T> {
  const files = source.paths.filter((path) => path !== 'ENV')
  const settings: Settings = {}
  const { shared = [], warn } = source
  for (const path of files)
    Object.assign(settings, withoutUnset(await readJsonFile(path, 'config')))
  const names = Object.keys(settings)
  if (source.paths.includes('ENV')) {
    names.push(...misspeltVariables(schema, source))
    Object.assign(settings, withoutUnset(settingsFromEnv(schema, source)))
  }
  const sentence = unknownSentence(names, schema, shared)
  if (sentence !== undefined) warn?.(sentence)
  return withHiddenSecrets(validateSettings<T & object>(settings, schema, source.envPrefix), schema)
}

/** The same settings, whose secrets no `JSON.stringify` and no `util.inspect` of them shows. */
function withHiddenSecrets<T extends object>(settings: T, schema: SettingsSchema): T {
  const shown = () =>
    Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [
        name,
        schema.properties[name]?.writeOnly ? '***' : (value as unknown),
      ]),
    )
  for (const name of ['toJSON', inspect.custom]) {
    Object.defineProperty(settings, name, { value: shown, enumerable: false })
  }
  return settings
}
