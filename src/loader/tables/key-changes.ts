/**
 * What becomes of the rows that are there when a key property changes its type. A key is found again only where its value stands in
 * the column, and in the form, in which the loader would write it today. Values that have one form only are moved there; where a
 * value may have several, or its column cannot change, the load is refused, because its row would be added a second time.
 */

import { AppError } from '../../errors.ts'
import { isJsonObject, type JsonValue } from '../../singer/json.ts'
import type { WarehouseReader } from '../warehouse.ts'
import {
  isSameType,
  joinTypes,
  type ColumnKind,
  type ColumnType,
  type TypeLimits,
} from '../schema/types.ts'
import type { Column, Content, MoveValues, NativeType } from '../warehouse.ts'

export interface KeyProperty {
  stream: string
  table: string
  property: string
  /** The type that the SCHEMA gives. */
  wanted: ColumnType
  column: string
  /** As it is now, or will be; undefined where nothing is written into it. */
  type: ColumnType | undefined
  /** True where the SCHEMA says that values come as strings. */
  isText: boolean
  /** Columns beside it, in the order in which they are tried. */
  variants: readonly Column[]
}

/** A key of a plan, with the type of its column where that is foreign. */
export type SettledKey = KeyProperty & { native?: NativeType }

function isNumeric({ kind }: ColumnType): boolean {
  return kind === 'integer' || kind === 'decimal' || kind === 'number'
}

/** Whether the values of a property come as strings, by its schema. */
export function isTextual(schema: JsonValue): boolean {
  if (!isJsonObject(schema)) return false
  const { type } = schema
  return type === 'string' || (Array.isArray(type) && type.includes('string'))
}

/** True where every value has exactly one text, and JSON writes it so. */
function hasOneText(type: ColumnType): boolean {
  if (type.kind === 'decimal') return type.scale === 0
  return ['boolean', 'integer', 'date', 'text'].includes(type.kind)
}

/** What kind of JSON value a key of the wanted type is. */
type Sort = 'text' | 'time' | 'number' | 'boolean' | 'json'

function sortOf({ wanted, isText }: KeyProperty): Sort {
  switch (wanted.kind) {
    case 'boolean':
    case 'text':
    case 'json':
      return wanted.kind
    case 'date':
    case 'time':
    case 'timestamp':
      return 'time'
    case 'integer':
    case 'number':
      return 'number'
    case 'decimal':
      return isText ? 'text' : 'number'
  }
}

/**
 * What may stand in a column that values of the wanted type mean too, but would not be compared with. Nothing that the wanted type itself
 * brings there: an unchanged SCHEMA is never refused.
 */
function lostContent(kind: ColumnKind, key: KeyProperty): Content | undefined {
  const sort = sortOf(key)
  if (kind === 'json') {
    if (sort === 'text') return 'json-scalars'
    return sort === 'number' || sort === 'boolean' ? 'scalars' : undefined
  }
  const lost: Partial<Record<ColumnKind, readonly ColumnKind[]>> = {
    text: ['boolean', 'integer', 'decimal', 'number', 'time', 'timestamp'],
    json: ['decimal', 'date', 'time', 'timestamp'],
    timestamp: ['date'],
  }
  return lost[key.wanted.kind]?.includes(kind) ? 'anything' : undefined
}

/**
 * What to do with values that stand in `from` when `to` is tried first: `all` or `some` of them belong there. A content is what must
 * not be there, because nobody knows whether it belongs there.
 */
interface Pair {
  moves?: 'all' | 'some'
  refuses?: Content
}

function intoText(from: ColumnType, sort: Sort): Pair {
  if (from.kind === 'json')
    return { refuses: sort === 'number' || sort === 'boolean' ? 'json-scalars' : 'json-strings' }
  if (!hasOneText(from)) return { refuses: 'anything' }
  const isUnsure = from.kind === 'text' && sort === 'text'
  return { moves: 'all', ...(isUnsure && { refuses: 'odd-numbers' }) }
}

function intoNumber(to: ColumnType, from: ColumnType, isNumberExact: boolean): Pair {
  // A double takes no number that it would round, and those that it takes never go elsewhere.
  if (to.kind === 'number' && !isNumberExact) return {}
  return isNumeric(from) || from.kind === 'text' || from.kind === 'json' ? { moves: 'some' } : {}
}

function intoTime(to: ColumnType, from: ColumnType, wanted: ColumnType): Pair {
  if (from.kind === 'json') return { refuses: 'json-times' }
  if (to.kind === 'timestamp' && from.kind === 'date') return { moves: 'all' }
  const isMidnight = to.kind === 'date' && from.kind === 'timestamp' && wanted.kind === 'date'
  return isMidnight ? { refuses: 'midnights' } : {}
}

function pairOf(to: ColumnType, from: ColumnType, key: KeyProperty & TypeLimits): Pair {
  const sort = sortOf(key)
  if (to.kind === 'json') return { refuses: 'anything' }
  if (sort === 'json') return {}
  if (to.kind === 'text') return intoText(from, sort)
  if (isNumeric(to)) return isNumeric(key.wanted) ? intoNumber(to, from, key.isNumberExact) : {}
  if (to.kind === from.kind) return { moves: 'all' }
  if (to.kind === 'boolean') return from.kind === 'json' ? { refuses: 'json-scalars' } : {}
  return sort === 'time' ? intoTime(to, from, key.wanted) : {}
}

export class KeyChanges {
  readonly #warehouse: WarehouseReader

  constructor(warehouse: WarehouseReader) {
    this.#warehouse = warehouse
  }

  async #holds(key: KeyProperty, column: Column, content: Content): Promise<boolean> {
    return this.#warehouse.holds(key.table, column, content)
  }

  /** Whether the key's column may change from `from` to `to`. Throws where it has to and its values have several texts. */
  async mayWiden(key: KeyProperty, from: ColumnType, to: ColumnType): Promise<boolean> {
    const column = { name: key.column, type: from }
    if (to.kind === 'text' && !hasOneText(from)) {
      if (!(await this.#holds(key, column, 'anything'))) return true
      if (isNumeric(key.wanted)) return false
      throw refusal(key, column, { reason: 'one value can be written in several ways' })
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
   * Whether a JSON variant has to be added before it is needed. Texts and JSON values can mean the same, so a column of texts takes only
   * strings from then on: the key's own, or a variant, which may hold numbers that the own column would round.
   */
  async needsJson(key: KeyProperty): Promise<boolean> {
    const sort = sortOf(key)
    if (!key.type) return false
    const own: Column = { name: key.column, type: key.type }
    const column = [own, ...key.variants].find(({ type }) => type.kind === 'text')
    if (!column) return false
    const hasJson = key.variants.some(({ type }) => type.kind === 'json')
    if (column === own && hasJson && (sort === 'number' || sort === 'boolean')) {
      throw refusal(key, column, { reason: 'other keys are kept as JSON beside them' })
    }
    if (hasJson || sort !== 'json') return false
    if (!(await this.#holds(key, column, 'scalars'))) return true
    throw refusal(key, column, { reason: 'some may have been numbers' })
  }

  /** The changes after which every row is found by its keys, whatever their types have become. Throws where there are none. */
  async settleAll(
    keys: readonly SettledKey[],
    isNew: (column: string) => boolean,
  ): Promise<MoveValues[]> {
    const moves: MoveValues[] = []
    for (const key of keys) {
      // Of a foreign column the database finds the keys.
      if (key.native || isNew(key.column)) continue
      const others = keys
        .filter((other) => other !== key)
        .flatMap(({ column, native, variants }) =>
          native ? [column] : [column, ...variants.map(({ name }) => name)],
        )
      const variants = key.variants.filter(({ name }) => !isNew(name))
      moves.push(...(await this.#settle({ ...key, variants }, others)))
    }
    return moves
  }

  async #settle(key: KeyProperty, otherKeys: readonly string[]): Promise<MoveValues[]> {
    const first = key.type ? [{ name: key.column, type: key.type }] : []
    const columns: Column[] = [...first, ...key.variants]
    const moves: MoveValues[] = []
    for (const [at, column] of columns.entries()) {
      if (at > 0 && !(await this.#holds(key, column, 'anything'))) continue
      const found = await this.#movesFrom(key, column, columns.slice(0, at))
      moves.push(...found.moves.map((move) => ({ ...move, otherKeys })))
      if (!found.isAll) await this.#refuseLost(key, column)
    }
    return moves
  }

  async #movesFrom(
    key: KeyProperty,
    from: Column,
    earlier: readonly Column[],
  ): Promise<{ moves: Omit<MoveValues, 'otherKeys'>[]; isAll: boolean }> {
    const { table } = key
    const { dialect } = this.#warehouse
    const moves: Omit<MoveValues, 'otherKeys'>[] = []
    for (const to of earlier) {
      const { moves: share, refuses } = pairOf(to.type, from.type, { ...key, ...dialect })
      if (refuses && (await this.#holds(key, from, refuses))) {
        const reason = `it is not known which of them belong into ${JSON.stringify(to.name)}`
        throw refusal(key, from, { reason })
      }
      if (share && (await this.#warehouse.canMove(table, from, to))) {
        moves.push({ kind: 'move-values', table, from, to })
      }
      if (share === 'all') return { moves, isAll: true }
    }
    return { moves, isAll: false }
  }

  async #refuseLost(key: KeyProperty, column: Column): Promise<void> {
    const content = lostContent(column.type.kind, key)
    if (content === undefined || !(await this.#holds(key, column, content))) return
    const to = joinTypes(column.type, key.wanted, this.#warehouse.dialect)
    // Only the key's own column changes its type.
    const mayChange = to && column.name === key.column && !isSameType(to, column.type)
    const users = mayChange ? await this.#warehouse.findUsers(key.table, column.name, to) : []
    const reason =
      users.length > 0
        ? `the column cannot change its type because of ${users.join(', ')}`
        : 'the new values would not be compared with them'
    throw refusal(key, column, { reason, users })
  }
}

function refusal(
  { stream, table, property, wanted }: KeyProperty,
  column: Column,
  { reason, users = [] }: { reason: string; users?: readonly string[] },
): AppError {
  const name = JSON.stringify(table)
  const hint =
    users.length > 0
      ? `Drop ${users.join(', ')}, run again, and create it anew; or keep the type in the tap.`
      : `Keep the type in the tap; or rename or drop the table ${name} and read the stream from its start.`
  return new AppError(
    'WAREHOUSE_FAILED',
    `The key property ${JSON.stringify(property)} of stream ${JSON.stringify(stream)} cannot become ${wanted.kind}: the table ${name} has keys of type ${column.type.kind} in column ${JSON.stringify(column.name)}, and ${reason}. Their rows could be added a second time.`,
    { hint, facts: { stream, table, column: column.name } },
  )
}
