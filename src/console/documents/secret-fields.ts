/** Which settings of a document hold secrets: those with `writeOnly` in their JSON Schema. */

import connectionSchema from '../../../schemas/config/connection.json' with { type: 'json' }
import tapSchema from '../../../schemas/config/tap.json' with { type: 'json' }
import targetSchema from '../../../schemas/config/target.json' with { type: 'json' }
import type { DocumentKind } from '../../runner/workspace/paths.ts'

/** The path of a setting: its section, if any, and its name. */
export type FieldPath = readonly string[]

function secretNames({ properties }: { properties: object }): string[] {
  return Object.entries(properties as Record<string, { writeOnly?: boolean }>)
    .filter(([, { writeOnly }]) => writeOnly === true)
    .map(([name]) => name)
}

function inSection(section: string, schema: { properties: object }): FieldPath[] {
  return secretNames(schema).map((name) => [section, name])
}

/** Settings that can hold a secret. */
export const SECRET_FIELDS: Readonly<Record<DocumentKind, readonly FieldPath[]>> = {
  connection: [
    ...inSection('source', tapSchema),
    ...inSection('destination', targetSchema),
    ...inSection('notify', connectionSchema.properties.notify),
  ],
  destination: secretNames(targetSchema).map((name) => [name]),
}
