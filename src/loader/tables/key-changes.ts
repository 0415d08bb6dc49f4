/**
 * Keeps existing rows findable when a key property changes its type: moves their keys or refuses
 * the load.
 */

import { isNumeric, isSameType, joinTypes, type ColumnType } from '../schema/types.ts'
import type { Content, WarehouseReader } from '../warehouse.ts'
import type { Column, MoveValues, NativeType } from '../commit-unit.ts'
import { keyTypeChanged } from './key-errors.ts'
import {
  hasOneSpelling,
  jsonKindOf,
  moveRule,
  unreachableContent,
  type KeyProperty,
} from './key-rules.ts'

/** A key of a plan, with the type of its column where that is foreign. */
export type PlannedKey = KeyProperty & { native?: NativeType }

/** Each method throws WAREHOUSE_FAILED where a row could be added a second time. */
export class KeyChanges {
  readonly #warehouse: WarehouseReader

  constructor(warehouse: WarehouseReader) {
    this.#warehouse = warehouse
  }

  async #holds(key: KeyProperty, column: Column, content: Content): Promise<boolean> {
    return this.#warehouse.holds(key.table, column, content)
  }

  /** Whether the key's column may change its type. */
  async canWiden(key: KeyProperty, from: ColumnType, to: ColumnType): Promise<boolean> {
    const column = { name: key.column, type: from }
    if (to.kind === 'text' && !hasOneSpelling(from)) {
      if (!(await this.#holds(key, column, 'anything'))) return true
      if (isNumeric(key.wanted)) return false
      throw keyTypeChanged(key, column, { reason: 'one value can be written in several ways' })
    }
    if (to.kind !== 'number' || this.#warehouse.dialect.isNumberExact) return true
    if (await this.#holds(key, column, 'large-numbers')) return false
    for (const variant of key.variants) {
      if (variant.type.kind === 'number') continue
      if (await this.#holds(key, variant, 'anything')) return false
    }
    return true
  }

  /**
   * Whether a JSON variant column must exist before the first value needs it. A string and a JSON
   * value can mean the same key, so a column of strings accepts only strings from then on.
   */
  async needsJson(key: KeyProperty): Promise<boolean> {
    const jsonKind = jsonKindOf(key)
    if (!key.type) return false
    const own: Column = { name: key.column, type: key.type }
    const column = [own, ...key.variants].find(({ type }) => type.kind === 'text')
    if (!column) return false
    const hasJson = key.variants.some(({ type }) => type.kind === 'json')
    if (column === own && hasJson && (jsonKind === 'number' || jsonKind === 'boolean')) {
      throw keyTypeChanged(key, column, {
        reason: 'other keys are stored as JSON in a variant column',
      })
    }
    if (hasJson || jsonKind !== 'json') return false
    if (!(await this.#holds(key, column, 'scalars'))) return true
    throw keyTypeChanged(key, column, { reason: 'some may have been numbers' })
  }

  /** Returns the moves after which every row is found by its keys. */
  async planMoves(
    keys: readonly PlannedKey[],
    isNew: (column: string) => boolean,
  ): Promise<MoveValues[]> {
    const moves: MoveValues[] = []
    for (const key of keys) {
      // The database itself compares keys of a foreign column.
      if (key.native || isNew(key.column)) continue
      const otherKeys = keys.filter((other) => other !== key).flatMap(columnsOf)
      const variants = key.variants.filter(({ name }) => !isNew(name))
      moves.push(...(await this.#planKeyMoves({ ...key, variants }, otherKeys)))
    }
    return moves
  }

  async #planKeyMoves(key: KeyProperty, otherKeys: readonly string[]): Promise<MoveValues[]> {
    const own = key.type ? [{ name: key.column, type: key.type }] : []
    const columns: Column[] = [...own, ...key.variants]
    const moves: MoveValues[] = []
    for (const [at, column] of columns.entries()) {
      if (at > 0 && !(await this.#holds(key, column, 'anything'))) continue
      const found = await this.#planMovesFrom(key, column, columns.slice(0, at))
      moves.push(...found.moves.map((move) => ({ ...move, otherKeys })))
      if (!found.movesAll) await this.#assertReachable(key, column)
    }
    return moves
  }

  async #planMovesFrom(
    key: KeyProperty,
    from: Column,
    earlier: readonly Column[],
  ): Promise<{ moves: Omit<MoveValues, 'otherKeys'>[]; movesAll: boolean }> {
    const { table } = key
    const { dialect } = this.#warehouse
    const moves: Omit<MoveValues, 'otherKeys'>[] = []
    for (const to of earlier) {
      const rule = moveRule(to.type, from.type, { ...key, ...dialect })
      if (rule.refuses && (await this.#holds(key, from, rule.refuses))) {
        const reason = `it is unknown which of them belong into ${JSON.stringify(to.name)}`
        throw keyTypeChanged(key, from, { reason })
      }
      if (rule.moves && (await this.#warehouse.canMove(table, from, to))) {
        moves.push({ kind: 'move-values', table, from, to })
      }
      if (rule.moves === 'all') return { moves, movesAll: true }
    }
    return { moves, movesAll: false }
  }

  async #assertReachable(key: KeyProperty, column: Column): Promise<void> {
    const content = unreachableContent(column.type.kind, key)
    if (content === undefined || !(await this.#holds(key, column, content))) return
    const to = joinTypes(column.type, key.wanted, this.#warehouse.dialect)
    // Variant columns never change their type.
    const canChange = to && column.name === key.column && !isSameType(to, column.type)
    const users = canChange ? await this.#warehouse.findUsers(key.table, column.name, to) : []
    const reason =
      users.length > 0
        ? `the column cannot change its type because of ${users.join(', ')}`
        : 'the new values would not be compared with them'
    throw keyTypeChanged(key, column, { reason, users })
  }
}

function columnsOf({ column, native, variants }: PlannedKey): string[] {
  return native ? [column] : [column, ...variants.map(({ name }) => name)]
}
