/** The fields of a form, from the JSON Schema of its settings. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'
import type { Value } from '../view/documents.ts'
import { titleOf } from '../view/numbers.ts'

/** The parts of a JSON Schema that a form shows. */
interface Property {
  type?: string
  title?: string
  description?: string
  enum?: readonly string[]
  default?: unknown
  examples?: readonly unknown[]
  writeOnly?: boolean
  minimum?: number
  maximum?: number
}

interface ObjectSchema {
  properties?: Readonly<Record<string, Property>>
  required?: readonly string[]
}

type FieldKind = 'text' | 'secret' | 'number' | 'boolean' | 'choice'

export interface FormField {
  name: string
  label: string
  help: string
  kind: FieldKind
  isRequired: boolean
  /** Values of a choice. */
  choices: readonly string[]
  /** What is used when the field is empty. Empty when nothing is. */
  defaultText: string
  /** An example of a value. */
  example: string
}

function kindOf({ type, enum: values, writeOnly }: Property): FieldKind {
  if (writeOnly === true) return 'secret'
  if (values) return 'choice'
  if (type === 'boolean') return 'boolean'
  return type === 'integer' || type === 'number' ? 'number' : 'text'
}

function plainText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : ''
}

function fieldOf(name: string, property: Property, isRequired: boolean): FormField {
  return {
    name,
    label: property.title ?? titleOf(name),
    help: property.description ?? '',
    kind: kindOf(property),
    isRequired,
    choices: property.enum ?? [],
    defaultText: plainText(property.default),
    example: plainText(property.examples?.[0]),
  }
}

/** One field for each property, in the order of the schema. */
export function schemaFields(schema: Api<'JsonSchema'>): FormField[] {
  // A JSON Schema of settings, which the console takes from its own files.
  const { properties = {}, required = [] } = schema as unknown as ObjectSchema
  return Object.entries(properties)
    .filter(([name]) => !name.startsWith('$'))
    .map(([name, property]) => fieldOf(name, property, required.includes(name)))
}

const NUMBER = /^-?\d+(\.\d+)?$/

/**
 * The value that a text in a field stands for. Undefined leaves the setting out. A text that is no
 * number stays a text, so that the console says what is wrong and nothing typed is lost.
 */
export function parseField({ kind }: Pick<FormField, 'kind'>, text: string): Value | undefined {
  if (kind === 'secret') return text === '' ? undefined : text
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  if (kind === 'boolean') return trimmed === 'true'
  return kind === 'number' && NUMBER.test(trimmed) ? Number(trimmed) : text
}

/** The text in a field for a value. */
export function fieldText(value: Value | undefined): string {
  return plainText(value)
}

/**
 * The text to show in a field. What was typed stays as it is while it stands for the value, because
 * `0.0` is on the way to `0.05`.
 */
export function shownText(
  field: Pick<FormField, 'kind'>,
  typed: string | undefined,
  value: Value | undefined,
): string {
  return typed !== undefined && parseField(field, typed) === value ? typed : fieldText(value)
}
