/**
 * The columns of one table, those of changes that are not committed yet included: which of them a property has, and which its variants.
 * Both are read from the names and the order of the columns, so that every later run finds the same.
 */

import { METADATA_NAMES } from './metadata.ts'
import { foldName } from '../../name-folding.ts'
import { hashedName, naturalName, NameSpace } from './names.ts'
import type { ColumnKind, ColumnType } from '../schema/types.ts'
import type { Column, FoundColumn } from '../warehouse.ts'
import type { Dialect } from '../dialect.ts'

const KINDS = [
  'boolean',
  'integer',
  'decimal',
  'number',
  'date',
  'time',
  'timestamp',
  'text',
  'json',
] as const satisfies readonly ColumnKind[]

/** A name that a variant column could have. */
const VARIANT = new RegExp(`^(.+)__(${KINDS.join('|')})$`, 'su')

export class TableColumns {
  readonly #dialect: Dialect
  /** By the fold of their names, in the table's order. */
  readonly #columns = new Map<string, FoundColumn>()
  /** Variants of foreign columns that a commit of this run may have added, by the fold of their names. */
  readonly #pending = new Map<string, Column>()

  constructor(dialect: Dialect, found: readonly FoundColumn[]) {
    this.#dialect = dialect
    for (const column of found) this.set(column)
  }

  get size(): number {
    return this.#columns.size
  }

  #fold(name: string): string {
    return foldName(name, this.#dialect)
  }

  /** The column that the database takes for the one of that name. */
  find(name: string): FoundColumn | undefined {
    return this.#columns.get(this.#fold(name))
  }

  /** Adds a column, or changes its type. */
  set(column: FoundColumn): void {
    this.#columns.set(this.#fold(column.name), column)
  }

  /** The column of each property of one SCHEMA. */
  resolve(properties: readonly string[]): Map<string, string> {
    const names = new NameSpace(
      this.#dialect,
      [...this.#columns.values()].map(({ name }) => name),
    )
    const reserved = new Set(
      [...METADATA_NAMES, ...this.#dialect.systemColumns].map((name) => this.#fold(name)),
    )
    const isReserved = (property: string) =>
      reserved.has(this.#fold(property)) || this.#isKeptForVariant(property, names)
    // A variant's name is longer than that of its column, which has to be known first.
    const byLength = properties.toSorted((a, b) => a.length - b.length)
    return names.resolveAll(byLength, isReserved)
  }

  /** True for `amount__text` beside a column `amount`, unless the property had it first. */
  #isKeptForVariant(property: string, names: NameSpace): boolean {
    const [, base, kind] = VARIANT.exec(this.#fold(property)) ?? []
    if (base === undefined || names.find(base) === undefined) return false
    const found = this.find(naturalName(property, this.#dialect))
    return !found || !this.#showsProperty(found, { column: base, kind: kind as ColumnKind })
  }

  /**
   * Whether a column with the name of a variant belongs to a property of that name. A variant is added behind its column. A property
   * gets another name where the column is there already, and a variant where the property is.
   */
  #showsProperty(found: FoundColumn, variant: { column: string; kind: ColumnKind }): boolean {
    if (this.find(this.#otherVariantName(variant))) return true
    if (this.find(hashedName(found.name, this.#dialect))) return false
    if (found.type?.kind !== variant.kind) return true
    for (const { name } of this.#columns.values()) {
      if (name === found.name) return true
      if (this.#fold(name) === this.#fold(variant.column)) return false
    }
    return true
  }

  #variantName({ column, kind }: { column: string; kind: ColumnKind }): string {
    return naturalName(`${column}__${kind}`, this.#dialect)
  }

  #otherVariantName({ column, kind }: { column: string; kind: ColumnKind }): string {
    const base = this.find(column)?.name ?? column
    return hashedName(`${base}__${kind}`, this.#dialect, [base, kind])
  }

  /** The name of the column that takes what does not fit into `column`: of one that exists, or that may be added. */
  variantName(column: string, kind: ColumnKind): string {
    const variant = { column, kind }
    const found = this.find(this.#variantName(variant))
    if (!found) {
      const other = this.#otherVariantName(variant)
      return this.find(other) ? other : this.#variantName(variant)
    }
    const isUsable = found.type?.kind === kind && !this.#showsProperty(found, variant)
    return isUsable ? found.name : this.#otherVariantName(variant)
  }

  /** A variant of a foreign column: the commit adds it when a value needs it. */
  pendingVariant(column: string, type: ColumnType): Column {
    const name = this.variantName(column, type.kind)
    const fold = this.#fold(name)
    const known = this.#pending.get(fold) ?? { name, type: this.find(name)?.type ?? type }
    this.#pending.set(fold, known)
    return known
  }

  /** The columns for what does not fit into `column`: those that exist, and those that the commit adds when a value needs them. */
  variantsOf(column: string): Column[] {
    return KINDS.flatMap((kind) => {
      const name = this.variantName(column, kind)
      const found = this.find(name)
      const variant = found?.type
        ? { name: found.name, type: found.type }
        : this.#pending.get(this.#fold(name))
      return variant?.type.kind === kind ? [variant] : []
    })
  }
}
