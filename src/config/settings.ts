/**
 * Validates settings against a JSON Schema: coerces, fills in defaults and reports every error at
 * once.
 */

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { nameListOf, splitNames } from './name-list.ts'
import { describeSettingError, isUnusable, UNUSABLE_TEXT } from './setting-errors.ts'
import { AppError } from '../errors.ts'
import { parseEpochMs } from '../rfc3339.ts'

/** One setting in a schema of `schemas/config/`. */
export interface SettingSchema {
  /** Absent where `anyOf` lists the types. */
  type?: string
  title?: string
  description?: string
  default?: unknown
  enum?: readonly unknown[]
  /** A word or a list of names; see name-list.ts. */
  anyOf?: readonly { enum?: readonly unknown[]; items?: { enum?: readonly unknown[] } }[]
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  minLength?: number
  pattern?: string
  /** Describes the pattern, or what a list holds, to a person. */
  rule?: string
  examples?: readonly unknown[]
  format?: string
  /** Set on secrets. They are never shown, and masked in logs. */
  writeOnly?: boolean
}

export interface SettingsSchema {
  type: string
  properties: Record<string, SettingSchema>
  required?: readonly string[]
}

export type Settings = Record<string, unknown>

/** Drops null and blank strings. Meltano and shells write them for settings that nobody set. */
export function withoutUnset(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([, value]) => value !== null && !(typeof value === 'string' && value.trim() === ''),
    ),
  )
}

/** Trims secrets, which are often pasted with white space around them. */
function trimSecrets(settings: Settings, schema: SettingsSchema): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const isSecret = schema.properties[name]?.writeOnly === true
      return [name, isSecret && typeof value === 'string' ? value.trim() : value]
    }),
  )
}

/** Turns the strings that stand for lists of names into lists. */
function splitNameLists(settings: Settings, schema: SettingsSchema): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const list = nameListOf(schema.properties[name] ?? {})
      return [name, list ? splitNames(value, list) : value]
    }),
  )
}

function createAjv(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    coerceTypes: true,
    useDefaults: true,
    strict: false,
    verbose: true,
    // The schemas are ours, and tests validate them. It would delay every start.
    validateSchema: false,
  })
  ajv.addFormat('rfc3339', (text: string) => parseEpochMs(text) !== undefined)
  ajv.addFormat('uri', (text: string) => URL.canParse(text))
  return ajv
}

let sharedAjv: Ajv | undefined

/** Ajv caches compiled schemas by identity, so each schema is compiled once. */
function validatorOf(schema: SettingsSchema): ValidateFunction {
  sharedAjv ??= createAjv()
  return sharedAjv.compile(schema)
}

function secretsOf(settings: Settings, schema: SettingsSchema): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    schema.properties[name]?.writeOnly && typeof value === 'string' && value !== '' ? [value] : [],
  )
}

function settingIn(error: ErrorObject): string | undefined {
  return error.instancePath.split('/')[1]
}

/** Settings after coercion and defaults. `T` is what they are when `faults` is empty. */
export interface CheckedSettings<T> {
  settings: T
  /** One clause per error. Names the setting and what is allowed, never a secret. */
  faults: string[]
  /** The first required setting that is missing. */
  missing: string | undefined
}

/**
 * Coerces strings (`"90"`, `"true"`), fills in defaults and validates. Unknown settings are
 * dropped.
 * @param section prefix of setting names in errors, such as `source.`
 */
export function checkSettings<T = Settings>(
  raw: Settings,
  schema: SettingsSchema,
  section = '',
): CheckedSettings<T> {
  const known = Object.entries(withoutUnset(raw)).filter(([name]) =>
    Object.hasOwn(schema.properties, name),
  )
  const settings = splitNameLists(trimSecrets(Object.fromEntries(known), schema), schema)
  const secrets = secretsOf(settings, schema)
  const context = { schema, section, secrets, settings }
  const validate = validatorOf(schema)
  validate(settings)
  // The reader of a section checks which of its settings must be present.
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'minProperties')
  const missing = errors.find((error) => error.keyword === 'required')
  const invalid = new Set(errors.map(settingIn))
  const unusable = Object.keys(settings).filter(
    (name) => isUnusable(settings[name]) && !invalid.has(name),
  )
  return {
    settings: settings as T,
    faults: [
      ...new Set(errors.map((error) => describeSettingError(error, context))),
      ...unusable.map((name) => `\`${section}${name}\` ${UNUSABLE_TEXT}`),
    ],
    missing: missing && String(missing.params['missingProperty']),
  }
}

/**
 * Validates the settings of a program, see `checkSettings`. `T` is the generated type of the
 * schema. Throws CONFIG_INVALID with every error.
 */
export function validateSettings<T>(raw: Settings, schema: SettingsSchema, envPrefix: string): T {
  const { settings, faults, missing } = checkSettings<T>(raw, schema)
  if (faults.length === 0) return settings
  throw new AppError('CONFIG_INVALID', `The configuration is invalid: ${faults.join('; ')}.`, {
    ...(missing !== undefined && {
      hint: `Set it in the file given with --config, or use --config ENV and set ${envPrefix}_${missing.toUpperCase()}.`,
    }),
  })
}
