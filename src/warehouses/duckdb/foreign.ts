/** Steps with foreign columns: their values are tried in a stage of their own before the rows go into the table. */

import type { DuckDBValue } from '@duckdb/node-api'
import { keyMisfit } from '../../loader/tables/key-errors.ts'
import type { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import { id, list, param, sql, type Sql } from '../sql.ts'
import type { Column, ForeignColumn, RetireStep, WriteStep } from '../../loader/warehouse.ts'
import { findNamed } from '../../loader/tables/names.ts'
import { findColumns } from './catalog.ts'
import { DUCKDB } from './dialect.ts'
import * as fit from './fit.ts'
import * as statements from './sql.ts'
import type { TableName } from './sql.ts'

/** A step with at least one of them. */
export type ForeignStep = WriteStep & { foreign: ForeignColumn[] }

export function hasForeign(step: WriteStep): step is ForeignStep {
  return step.foreign !== undefined && step.foreign.length > 0
}

export interface ForeignOptions {
  query: (statement: Sql) => Promise<DuckDBValue[][]>
  log: VariantWarnings
}

/** Works in the transaction that is running. */
export class ForeignColumns {
  readonly #query: ForeignOptions['query']
  readonly #log: VariantWarnings

  constructor({ query, log }: ForeignOptions) {
    this.#query = query
    this.#log = log
  }

  /** Makes the stage of the raw one. Returns the columns of it that go into the table, which then has them all. */
  async fit(
    table: TableName,
    step: ForeignStep,
    names: { stage: string; raw: string },
  ): Promise<{ name: string }[]> {
    const { columns, foreign } = step
    const { stage } = names
    const keys = step.keys.map(({ column }) => column)
    const tried = fit.triedColumns(foreign)
    await this.#query(fit.createFittedStage(names, columns, tried))
    const foreignKeys = foreign.filter(({ name }) => keys.includes(name))
    const missing = foreignKeys.map(({ name }) => name)
    const [row = []] = await this.#query(fit.countUnfitting(stage, tried, missing))
    const misfit = foreignKeys.find((_, at) => Number(row[tried.length + at]) > 0)
    if (misfit) {
      throw keyMisfit({ table: table[2], column: misfit.name, type: misfit.native.name })
    }
    if (foreignKeys.length > 0) await this.#query(fit.deleteEarlier(stage, keys))
    const there = await this.#provide(
      table,
      tried,
      tried.filter((_, at) => Number(row[at]) > 0),
    )
    const variants = new Set(tried.map(({ variant }) => variant.name))
    const kept = columns.filter(({ name }) => !variants.has(name) || there.has(name))
    return [...kept, ...foreign]
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
        await this.#query(statements.addColumn(table, variant))
        there.add(variant.name)
      }
      this.#log.note({ table: table[2], column, variant: variant.name })
    }
    return there
  }

  async #existing(table: TableName, columns: readonly Column[]): Promise<Set<string>> {
    const rows = await this.#query(findColumns(table))
    const there = rows.map(([name]) => ({ name: String(name) }))
    const names = columns.map(({ name }) => name)
    return new Set(names.filter((name) => findNamed(there, name, DUCKDB)))
  }

  /** How many rows the step retired. */
  async retire(table: TableName, step: RetireStep & { foreign: ForeignColumn[] }): Promise<number> {
    const there = await this.#existing(
      table,
      step.foreign.flatMap((column) => column.variants),
    )
    const shown = (name: string) => {
      const foreign = step.foreign.find((column) => column.name === name)
      const names = (foreign?.variants ?? []).map((variant) => variant.name)
      return { foreign, variants: names.filter((variant) => there.has(variant)) }
    }
    const version = shown(step.versionColumn)
    const mark = shown(step.markColumn ?? '')
    const set =
      mark.foreign && (await this.#markSql(table, step, { ...mark, foreign: mark.foreign }))
    const [row] = await this.#query(
      statements.retireRows(table, step, {
        ...(version.foreign && { version: fit.versionSql(version.foreign, version.variants) }),
        ...(set && { mark: set }),
      }),
    )
    return Number(row?.[0] ?? 0)
  }

  /** How rows are marked in a foreign column: there where the time fits, else in its variant. */
  async #markSql(
    table: TableName,
    step: RetireStep,
    { foreign, variants }: { foreign: ForeignColumn; variants: string[] },
  ): Promise<statements.MarkSql> {
    const [tried] = fit.triedColumns([foreign])
    if (!tried) throw new Error(`The column ${foreign.name} has no variant`)
    const time = sql`make_timestamptz(cast(${param(BigInt(step.atMicros))} as bigint))`
    const [row] = await this.#query(sql`select ${fit.fitSql(time, tried.trial)} is not null`)
    const isFit = row?.[0] === true
    if (!isFit && !variants.includes(tried.variant.name)) {
      await this.#query(statements.addColumn(table, tried.variant))
      variants.push(tried.variant.name)
    }
    if (!isFit)
      this.#log.note({ table: table[2], column: foreign.name, variant: tried.variant.name })
    const columns = [foreign.name, ...variants].map((name) => sql`${id(name)} is null`)
    return {
      set: isFit
        ? sql`${id(foreign.name)} = ${fit.fitSql(time, tried.trial)}`
        : sql`${id(tried.variant.name)} = ${time}`,
      isUnmarked: list(columns, sql` and `),
    }
  }
}
