/**
 * Compares the keys of a batch as the database compares them.
 * Libraries for canonical JSON round large numbers, so this file has its own canonical form.
 */

import { canonicalDecimal, isJsonObject, JsonNumber, parseJson } from '../../singer/json.ts'
import type { JsonValue } from '../../singer/json.ts'
import type { Cells } from './cells.ts'
import { textHash } from './hash.ts'
import type { KeyCells } from './keys.ts'
import type { ColumnType } from '../schema/types.ts'
import type { Dialect } from '../dialect.ts'

function canonicalNumber(text: string): string {
  const decimal = canonicalDecimal(text)
  if (decimal.startsWith('e')) return '0'
  return text.startsWith('-') ? `-${decimal}` : decimal
}

function canonicalValue(value: JsonValue): string {
  if (typeof value === 'number') return canonicalNumber(String(value))
  if (value instanceof JsonNumber) return canonicalNumber(value.text)
  if (Array.isArray(value)) return `[${value.map(canonicalValue).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonicalValue(item)}`).join(',')}}`
}

/** Compares strings by their canonical form, where one value has several spellings. */
class CanonicalCells implements KeyCells {
  readonly #cells: Cells
  readonly #canonical: (text: string) => string

  constructor(cells: Cells, canonical: (text: string) => string) {
    this.#cells = cells
    this.#canonical = canonical
  }

  #canonicalAt(row: number): string | null {
    const cell = this.#cells.at(row)
    return cell === null ? null : this.#canonical(String(cell))
  }

  isNull(row: number): boolean {
    return this.#cells.isNull(row)
  }

  hash(row: number): number {
    return textHash(this.#canonicalAt(row) ?? '')
  }

  isSame(a: number, b: number): boolean {
    return this.#canonicalAt(a) === this.#canonicalAt(b)
  }
}

/**
 * Returns the cells of a key column for comparison.
 * Where the database compares by value, 1e3 equals 1000 and the members of an object have no order.
 */
export function keyCells(type: ColumnType, cells: Cells, dialect: Dialect): KeyCells {
  // Without digit limits the database stores JSON as strings and numbers as doubles.
  if (dialect.numberDigits === undefined) return cells
  if (type.kind === 'number') return new CanonicalCells(cells, canonicalNumber)
  if (type.kind === 'json')
    return new CanonicalCells(cells, (text) => canonicalValue(parseJson(text)))
  return cells
}
