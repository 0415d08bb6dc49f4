/** Loads settings from files and environment variables, and validates them. */

import { inspect } from 'node:util'
import { MAX_SHOWN_CHARS } from './setting-errors.ts'
import { validateSettings, withoutUnset, type Settings, type SettingsSchema } from './settings.ts'
import { readJsonFile } from '../json-file.ts'
import { nearestName } from './nearest-name.ts'

export interface ConfigSource {
  /**
   * Files in order; later ones win. The literal `ENV` adds the environment, which wins over every
   * file.
   */
  paths: readonly string[]
  /** `TAP_CUSTOMERIO` reads `TAP_CUSTOMERIO_<SETTING>`. */
  envPrefix: string
  env: NodeJS.ProcessEnv
  /** Settings of other programs that share the file. They are not reported as unknown. */
  shared?: readonly string[]
  /** Called with a sentence when the files or the environment hold unknown settings. */
  warn?: (sentence: string) => void
}

function settingsFromEnv(schema: SettingsSchema, source: ConfigSource): Settings {
  const found: Settings = {}
  for (const name of Object.keys(schema.properties)) {
    const value = source.env[`${source.envPrefix}_${name.toUpperCase()}`]
    if (value !== undefined) found[name] = value
  }
  return found
}

/** A long name may be a secret in the wrong place, so it is not shown. */
function shownName(name: string): string {
  return name.length > MAX_SHOWN_CHARS * 2 ? `a name of ${name.length} characters` : `\`${name}\``
}

/** Names the unknown settings, each with the nearest known one. Undefined when there are none. */
function unknownSentence(
  names: readonly string[],
  schema: SettingsSchema,
  shared: readonly string[],
): string | undefined {
  const own = Object.keys(schema.properties)
  const unknown = names.filter((name) => ![...own, ...shared, '$schema'].includes(name))
  if (unknown.length === 0) return undefined
  const shown = unknown.map((name) => {
    const nearest = nearestName(name, own) ?? nearestName(name, shared)
    return nearest ? `${shownName(name)} (did you mean \`${nearest}\`?)` : shownName(name)
  })
  return `The configuration has unknown settings, which have no effect: ${shown.join(', ')}.`
}

/** Variables with our prefix that nearly match a setting. Other variables may belong to anyone. */
function misspelledVariables(schema: SettingsSchema, { env, envPrefix }: ConfigSource): string[] {
  const own = Object.keys(schema.properties)
  return Object.keys(env).flatMap((variable) => {
    if (!variable.startsWith(`${envPrefix}_`)) return []
    const name = variable.slice(envPrefix.length + 1).toLowerCase()
    const isUnknown = !own.includes(name) && !name.startsWith('_') && name !== 'loglevel'
    return isUnknown && nearestName(name, own) !== undefined ? [name] : []
  })
}

/**
 * Merges files and environment and validates the result. `T` is the generated type of the schema.
 * Throws CONFIG_INVALID with every error, never with a secret.
 */
export async function loadConfig<T extends object>(
  schema: SettingsSchema,
  source: ConfigSource,
): Promise<T> {
  const files = source.paths.filter((path) => path !== 'ENV')
  const settings: Settings = {}
  const { shared = [], warn } = source
  for (const path of files)
    Object.assign(settings, withoutUnset(await readJsonFile(path, 'config')))
  const names = Object.keys(settings)
  if (source.paths.includes('ENV')) {
    names.push(...misspelledVariables(schema, source))
    Object.assign(settings, withoutUnset(settingsFromEnv(schema, source)))
  }
  const sentence = unknownSentence(names, schema, shared)
  if (sentence !== undefined) warn?.(sentence)
  return withHiddenSecrets(validateSettings<T>(settings, schema, source.envPrefix), schema)
}

/** The same settings. `JSON.stringify` and `util.inspect` show their secrets as `***`. */
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
