/** The sections of a connection file: checks each one against its JSON Schema. */

import connectionSchema from '../../../schemas/config/connection.json' with { type: 'json' }
import tapSchema from '../../../schemas/config/tap.json' with { type: 'json' }
import targetSchema from '../../../schemas/config/target.json' with { type: 'json' }
import { checkSettings, type SettingsSchema } from '../../config/settings.ts'
import { nearestName } from '../../config/nearest-name.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'

/** Section names and their schemas. All settings in them are scalars. */
const SECTIONS = {
  source: tapSchema,
  destination: targetSchema,
  resources: connectionSchema.properties.resources,
  schedule: connectionSchema.properties.schedule,
  notify: connectionSchema.properties.notify,
} as unknown as Readonly<Record<SectionName, SettingsSchema>>

export type SectionName = 'source' | 'destination' | 'resources' | 'schedule' | 'notify'

/** The same schemas with every setting optional. Made once, because Ajv keeps what it compiles. */
const LENIENT_SECTIONS: Readonly<Record<string, SettingsSchema>> = Object.fromEntries(
  Object.entries(SECTIONS).map(([name, schema]) => [name, { ...schema, required: [] }]),
)

const { $schema: _, ...TOP_PROPERTIES } = connectionSchema.properties as Record<string, unknown>
const TOP_SCHEMA = {
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(TOP_PROPERTIES).filter(([name]) => !Object.hasOwn(SECTIONS, name)),
  ),
} as SettingsSchema

export interface CheckedSection {
  /** With coerced types and defaults. */
  settings: JsonObject
  /** One clause per problem, which names the setting and what is allowed, and never a secret. */
  problems: string[]
}

export interface CheckOptions {
  /** False reports no missing setting, because an unset variable leaves its setting blank. */
  requiresAll: boolean
}

/** Problems after a colon: one on the same line, or several as a list. */
export function problemList(problems: readonly string[]): string {
  if (problems.length === 1) return ` ${problems[0]}.`
  return `${problems.map((problem) => `\n  - ${problem}`).join('')}.`
}

/** The value when it is an object, otherwise an empty one. */
export function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

/** Unknown names are problems here: no other program shares this file. */
function unknownNames(found: JsonObject, known: readonly string[], prefix: string): string[] {
  const unknown = Object.keys(found).filter((name) => !known.includes(name) && name !== '$schema')
  return unknown.map((name) => {
    const nearest = nearestName(name, known)
    const hint = nearest ? `did you mean \`${nearest}\`?` : `known names: ${known.join(', ')}`
    return `\`${prefix}${name}\` is unknown (${hint})`
  })
}

/** The settings outside of all sections, and the names of the sections. */
export function checkTopSettings(document: JsonObject): CheckedSection {
  const { settings, faults: problems } = checkSettings(document, TOP_SCHEMA)
  return {
    settings: settings as JsonObject,
    problems: [...unknownNames(document, Object.keys(TOP_PROPERTIES), ''), ...problems],
  }
}

/** One section. A section that the file leaves out is an empty one. */
export function checkSection(
  document: JsonObject,
  name: SectionName,
  { requiresAll }: CheckOptions,
): CheckedSection {
  const section = document[name] ?? {}
  if (!isJsonObject(section))
    return { settings: {}, problems: [`\`${name}\` must be an object in braces`] }
  const schema = (requiresAll ? undefined : LENIENT_SECTIONS[name]) ?? SECTIONS[name]
  const { settings, faults: problems } = checkSettings(section, schema, `${name}.`)
  const unknown = unknownNames(section, Object.keys(schema.properties), `${name}.`)
  return { settings: settings as JsonObject, problems: [...unknown, ...problems] }
}
