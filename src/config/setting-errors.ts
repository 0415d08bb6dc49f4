/** Describes an invalid setting without showing a secret. */

import type { ErrorObject } from 'ajv'
import { nameListOf, unknownNamesText } from './name-list.ts'
import type { Settings, SettingSchema, SettingsSchema } from './settings.ts'

/** Longer values are not shown: they may be a secret pasted into the wrong setting. */
export const MAX_SHOWN_CHARS = 30
/** The pattern of HTTP header values in the schemas. */
const PRINTABLE_ASCII = '^[ -~]*$'
/**
 * Control characters and lone surrogates, which no environment variable, argument, header or path
 * can hold.
 */
const UNUSABLE = /[\p{Cc}\p{Cs}]/u
/** A NUL character in a URL. */
const ENCODED_NUL = /%00/

export const UNUSABLE_TEXT = 'contains a control character or half of a surrogate pair: remove it'
const ENCODING_HINT =
  '; percent-encode special characters in its user and password: / as %2F, # as %23, ? as %3F'

/** Whether a value holds characters that cannot reach the program that uses it. */
export function isUnusable(value: unknown): boolean {
  if (typeof value !== 'string') return false
  return UNUSABLE.test(value) || (value.includes(':') && ENCODED_NUL.test(value))
}

function allowedText(setting: SettingSchema): string {
  if (setting.enum) return enumText(setting.enum)
  if (setting.format === 'rfc3339') return 'a date such as 2026-01-31 or 2026-01-31T00:00:00Z'
  if (setting.format === 'uri') return 'a URL'
  if (setting.pattern === PRINTABLE_ASCII) return 'a string of printable ASCII characters'
  if (setting.pattern !== undefined)
    return `${setting.rule ?? 'a string'} such as ${String(setting.examples?.[0])}`
  if (setting.minLength !== undefined && setting.minLength > 1)
    return `a string of at least ${setting.minLength} characters`
  const article = setting.type === 'integer' ? 'an' : 'a'
  const kind = setting.type === 'boolean' ? 'true or false' : `${article} ${setting.type}`
  return [kind, ...boundTexts(setting)].join(' ')
}

function enumText(values: readonly unknown[]): string {
  const [only] = values
  return values.length === 1 ? String(only) : `one of ${values.map(String).join(', ')}`
}

function boundTexts({ minimum, exclusiveMinimum, maximum }: SettingSchema): string[] {
  const parts = [
    minimum === undefined ? [] : `of at least ${minimum}`,
    exclusiveMinimum === undefined ? [] : `greater than ${exclusiveMinimum}`,
    maximum === undefined ? [] : `of at most ${maximum}`,
  ].flat()
  return parts.length > 1 ? [parts.join(' and ')] : parts
}

/** Whether an error may show the value. URLs and values that contain a secret are never shown. */
function isShowable(value: string, setting: SettingSchema, secrets: readonly string[]): boolean {
  if (setting.writeOnly || setting.format === 'uri' || value.includes('://')) return false
  return value.length <= MAX_SHOWN_CHARS && !secrets.some((secret) => value.includes(secret))
}

/** Whether an unencoded character ends the user and password of a URL too early. */
function isPasswordCut(value: unknown): boolean {
  return typeof value === 'string' && /^[^:/?#]+:\/\/[^@/?#]*[/?#].*@/s.test(value)
}

/** Where an invalid setting was found. */
export interface SettingErrorContext {
  schema: SettingsSchema
  section: string
  secrets: readonly string[]
  settings: Settings
}

/** One clause that names the setting and what is allowed. */
export function describeSettingError(
  error: ErrorObject,
  { schema, section, secrets, settings }: SettingErrorContext,
): string {
  if (error.keyword === 'required') {
    const name = String(error.params['missingProperty'])
    return `\`${section}${name}\` is missing`
  }
  const name = error.instancePath.split('/')[1] ?? ''
  const setting = schema.properties[name]
  if (!setting) return `${section}${name} ${error.message ?? 'is not allowed'}`
  const list = nameListOf(setting)
  if (list) {
    const canShow = (text: string) => !isUnusable(text) && isShowable(text, setting, secrets)
    const unknown = unknownNamesText(settings[name], list, canShow)
    return `\`${section}${name}\` must be ${setting.rule}${unknown}`
  }
  const value = JSON.stringify(error.data)
  const canShow = !isUnusable(error.data) && isShowable(value, setting, secrets)
  const shown = canShow ? `, not ${value}` : ''
  const hint = setting.format === 'uri' && isPasswordCut(error.data) ? ENCODING_HINT : ''
  return `\`${section}${name}\` must be ${allowedText(setting)}${shown}${hint}`
}
