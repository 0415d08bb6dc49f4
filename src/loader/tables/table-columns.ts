/**
 * Finds the columns of a property and its variant columns in one table, including uncommitted
 * changes. It reads both from the names and the order of the columns, so every later run finds the
 * same.
 */

import { METADATA_NAMES } from './metadata.ts'
import { foldName } from '../../urls/name-folding.ts'
import { hashedName, naturalName, NameSpace } from './names.ts'
import type { ColumnKind, ColumnType } from '../schema/types.ts'
import type { FoundColumn } from '../warehouse.ts'
import type { Column } from '../commit-unit.ts'
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

/** Matches names that a variant column can have. */
const VARIANT = new RegExp(`^(.+)__(${KINDS.join('|')})$`, 'su')

/** A column, and the kind of one of its variant columns. */
interface VariantOf {
  column: string
  kind: ColumnKind
}

export class TableColumns {
  readonly #dialect: Dialect
  /** By the folded form of their names, in the table's order. */
  readonly #columns = new Map<string, FoundColumn>()
  /** Variant columns that a commit of this run may add to foreign columns, by folded name. */
  readonly #pending = new Map<string, Column>()

  constructor(dialect: Dialect, found: readonly FoundColumn[]) {
    this.#dialect = dialect
    for (const column of found) this.set(column)
  }

  get size(): number {
    return this.#columns.size
  }

  /** In the table's order. */
  get names(): string[] {
    return [...this.#columns.values()].map(({ name }) => name)
  }

  #fold(name: string): string {
    return foldName(name, this.#dialect)
  }

  /** Finds the column that has this name, as the database compares names. */
  find(name: string): FoundColumn | undefined {
    return this.#columns.get(this.#fold(name))
  }

  /** Adds a column or changes its type. */
  set(column: FoundColumn): void {
    this.#columns.set(this.#fold(column.name), column)
  }

  /** Returns the column name of each property of one SCHEMA. */
  resolve(properties: readonly string[]): Map<string, string> {
    const names = new NameSpace(
      this.#dialect,
      [...this.#columns.values()].map(({ name }) => name),
    )
    const reserved = new Set(
      [...METADATA_NAMES, ...this.#dialect.systemColumns].map((name) => this.#fold(name)),
    )
    const isReserved = (property: string) =>
      reserved.has(this.#fold(property)) || this.#isReservedForVariant(property, names)
    // A variant column's name is longer than its column's name, which must be resolved first.
    const byLength = properties.toSorted((a, b) => a.length - b.length)
    return names.resolveAll(byLength, isReserved)
  }

  /** True for `amount__text` next to a column `amount`, unless the property had that name first. */
  #isReservedForVariant(property: string, names: NameSpace): boolean {
    const [, base, kind] = VARIANT.exec(this.#fold(property)) ?? []
    if (base === undefined || names.find(base) === undefined) return false
    const found = this.find(naturalName(property, this.#dialect))
    return !found || !this.#belongsToProperty(found, { column: base, kind: kind as ColumnKind })
  }

  /**
   * Whether a column with the name of a variant column belongs to a property of that name.
   *
   * A variant column is added after its own column. When the variant column exists first, the
   * property gets a hashed name. When the property exists first, the variant column gets one.
   */
  #belongsToProperty(found: FoundColumn, variant: VariantOf): boolean {
    if (this.find(this.#hashedVariantName(variant))) return true
    if (this.find(hashedName(found.name, this.#dialect))) return false
    if (found.type?.kind !== variant.kind) return true
    for (const { name } of this.#columns.values()) {
      if (name === found.name) return true
      if (this.#fold(name) === this.#fold(variant.column)) return false
    }
    return true
  }

  #plainVariantName({ column, kind }: VariantOf): string {
    return naturalName(`${column}__${kind}`, this.#dialect)
  }

  #hashedVariantName({ column, kind }: VariantOf): string {
    const base = this.find(column)?.name ?? column
    return hashedName(`${base}__${kind}`, this.#dialect, [base, kind])
  }

  /** Returns the name of the variant column of this kind, whether or not the column exists yet. */
  variantName(column: string, kind: ColumnKind): string {
    const variant = { column, kind }
    const [plain, hashed] = [this.#plainVariantName(variant), this.#hashedVariantName(variant)]
    const found = this.find(plain)
    if (!found) return this.find(hashed) ? hashed : plain
    const isUsable = found.type?.kind === kind && !this.#belongsToProperty(found, variant)
    return isUsable ? found.name : hashed
  }

  /** Plans a variant column of a foreign column. The commit adds it only when a value needs it. */
  pendingVariant(column: string, type: ColumnType): Column {
    const name = this.variantName(column, type.kind)
    const fold = this.#fold(name)
    const known = this.#pending.get(fold) ?? { name, type: this.find(name)?.type ?? type }
    this.#pending.set(fold, known)
    return known
  }

  /** Returns the variant columns of a column: existing ones and pending ones. */
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
