/** Steps with foreign columns: their values are tried in a stage of their own before the rows go into the table. */

import { keyIncomparable, keyMisfit } from '../../loader/tables/key-errors.ts'
import type { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import { id, list, lit, param, sql } from '../sql.ts'
import type { Column, ForeignColumn, RetireStep, WriteStep } from '../../loader/warehouse.ts'
import type { PostgresConnection } from './connect/connection.ts'
import { copyChunks } from './copy.ts'
import { isTransient, sqlStateOf } from './errors.ts'
import * as fit from './fit.ts'
import * as statements from './sql.ts'
import type { TableName } from './sql.ts'

/** A type without an equality or an order. */
const UNDEFINED_OPERATOR = '42883'

/** A step with at least one of them. */
export type ForeignStep = WriteStep & { foreign: ForeignColumn[] }

export function hasForeign(step: WriteStep): step is ForeignStep {
  return step.foreign !== undefined && step.foreign.length > 0
}

/** Works in the transaction that is running. */
export class ForeignColumns {
  readonly #connection: PostgresConnection
  readonly #log: VariantWarnings

  constructor(connection: PostgresConnection, log: VariantWarnings) {
    this.#connection = connection
    this.#log = log
  }

  /** Fills the stage. Returns the columns of it that go into the table, which then has them all. */
  async stage(table: TableName, step: ForeignStep): Promise<{ name: string }[]> {
    const { columns, foreign, rowCount } = step
    const keys = step.keys.map(({ column }) => column)
    const tried = fit.triedColumns(foreign, new Set(keys))
    await this.#connection.query(statements.createStage(columns, fit.RAW))
    const rows = copyChunks(columns, rowCount)
    await this.#connection.copy(statements.copyInto(fit.RAW, columns), rows)
    await this.#fit(columns, tried)
    await this.#connection.query(statements.dropStage(fit.RAW))
    const foreignKeys = foreign.filter(({ name }) => keys.includes(name))
    const used = await this.#check(table, { tried, foreignKeys })
    await this.#deleteEarlier(table, keys, foreignKeys)
    const there = await this.#provide(table, tried, used)
    const variants = new Set(tried.map(({ variant }) => variant.name))
    const kept = columns.filter(({ name }) => !variants.has(name) || there.has(name))
    return [...kept, ...foreign]
  }

  async #deleteEarlier(
    [, table]: TableName,
    keys: readonly string[],
    [first]: readonly ForeignColumn[],
  ): Promise<void> {
    if (!first) return
    try {
      await this.#connection.query(fit.deleteEarlier(keys))
    } catch (error) {
      if (sqlStateOf(error) !== UNDEFINED_OPERATOR) throw error
      throw keyIncomparable({ table, column: first.name, type: first.native.name }, error)
    }
  }

  /** All values at once, which is fast; where one of them is refused, each by itself. */
  async #fit(columns: readonly Column[], tried: readonly fit.TriedColumn[]): Promise<void> {
    await this.#connection.query(sql`savepoint _sdc_fit`)
    try {
      await this.#connection.query(fit.createFittedStage({ columns, tried, oneByOne: false }))
    } catch (error) {
      if (isTransient(error) || this.#connection.isLost) throw error
      await this.#connection.query(sql`rollback to savepoint _sdc_fit`)
      await this.#fitOneByOne(columns, tried)
    }
    await this.#connection.query(sql`release savepoint _sdc_fit`)
  }

  async #fitOneByOne(columns: readonly Column[], tried: readonly fit.TriedColumn[]): Promise<void> {
    for (const [at, one] of tried.entries()) await this.#connection.query(fit.createFit(one, at))
    await this.#connection.query(fit.createFittedStage({ columns, tried, oneByOne: true }))
    for (const [at, one] of tried.entries()) await this.#connection.query(fit.dropFit(one, at))
  }

  /** The variant columns that a value needs. Throws where a key does not fit. */
  async #check(
    [, table]: TableName,
    { tried, foreignKeys }: { tried: readonly fit.TriedColumn[]; foreignKeys: ForeignColumn[] },
  ): Promise<fit.TriedColumn[]> {
    const names = foreignKeys.map(({ name }) => name)
    const [row = []] = await this.#connection.query(fit.countUnfitting(tried, names))
    const misfit = foreignKeys.find((_, at) => row[tried.length + at] !== '0')
    if (misfit) {
      throw keyMisfit({ table, column: misfit.name, type: misfit.native.name })
    }
    return tried.filter((_, at) => row[at] !== '0')
  }

  /** Adds the variant columns that are needed and not there. Returns all that are there. */
  async #provide(
    table: TableName,
    tried: readonly fit.TriedColumn[],
    used: readonly fit.TriedColumn[],
  ): Promise<Set<string>> {
    const there = await this.#existing(
      table,
      tried.map(({ variant }) => variant),
    )
    for (const { column, variant } of used) {
      if (!there.has(variant.name)) {
        await this.#connection.query(statements.addColumn(table, variant))
        there.add(variant.name)
      }
      this.#log.note({ table: table[1], column, variant: variant.name })
    }
    return there
  }

  async #existing(table: TableName, columns: readonly Column[]): Promise<Set<string>> {
    const names = columns.map(({ name }) => name)
    const rows = await this.#connection.query(fit.findColumns(table, names))
    return new Set(rows.map(([name]) => String(name)))
  }

  /** How many rows the step retired. */
  async retire(table: TableName, step: RetireStep & { foreign: ForeignColumn[] }): Promise<number> {
    const variants = step.foreign.flatMap((column) => column.variants)
    const there = await this.#existing(table, variants)
    const shown = (name: string) => {
      const foreign = step.foreign.find((column) => column.name === name)
      const names = (foreign?.variants ?? []).map((variant) => variant.name)
      return { foreign, variants: names.filter((variant) => there.has(variant)) }
    }
    const { foreign: version, variants: versionVariants } = shown(step.versionColumn)
    const versionSql = version && fit.versionSql(version, versionVariants)
    const mark = shown(step.markColumn ?? '')
    const set =
      mark.foreign && (await this.#markSql(table, step, { ...mark, foreign: mark.foreign }))
    return this.#connection.change(
      statements.retireRows(table, step, {
        ...(versionSql && { version: versionSql }),
        ...(set && { mark: set }),
      }),
    )
  }

  /** How rows are marked in a foreign column: there where the time fits, else in its variant. */
  async #markSql(
    table: TableName,
    step: RetireStep,
    { foreign, variants }: { foreign: ForeignColumn; variants: string[] },
  ): Promise<statements.MarkSql> {
    const [tried] = fit.triedColumns([foreign], new Set())
    if (!tried) throw new Error(`The column ${foreign.name} has no variant`)
    const at = new Date(step.atMicros / 1000).toISOString()
    const isFit = await this.#fits(tried, at)
    if (!isFit && !variants.includes(tried.variant.name)) {
      await this.#connection.query(statements.addColumn(table, tried.variant))
      variants.push(tried.variant.name)
    }
    if (!isFit)
      this.#log.note({ table: table[1], column: foreign.name, variant: tried.variant.name })
    const columns = [foreign.name, ...variants].map((name) => id(name))
    const time = sql`cast(${param(at)} as timestamptz)`
    return {
      set: isFit
        ? sql`${id(foreign.name)} = ${fit.fitSql(time, tried.trial)}`
        : sql`${id(tried.variant.name)} = ${time}`,
      isUnmarked: list(
        columns.map((column) => sql`${column} is null`),
        sql` and `,
      ),
    }
  }

  async #fits(tried: fit.TriedColumn, at: string): Promise<boolean> {
    await this.#connection.query(sql`savepoint _sdc_fit`)
    try {
      const value = sql`cast(${lit(at)} as timestamptz)`
      const [row] = await this.#connection.query(
        sql`select ${fit.fitSql(value, tried.trial)} is not null`,
      )
      return row?.[0] === 't'
    } catch (error) {
      if (isTransient(error) || this.#connection.isLost) throw error
      await this.#connection.query(sql`rollback to savepoint _sdc_fit`)
      return false
    } finally {
      if (!this.#connection.isLost) await this.#connection.query(sql`release savepoint _sdc_fit`)
    }
  }
}
