/**
 * Every statement for PostgreSQL, reviewed like code. To accept a change: UPDATE_GOLDEN=1 npm test
 * golden
 */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cellsOf } from '../../src/loader/columns/cells.ts'
import { id, list, render, sql, STANDARD_STYLE, type Sql } from '../../src/warehouses/sql.ts'
import type { ColumnType } from '../../src/loader/schema/types.ts'
import type { ForeignColumn, RetireStep, WriteStep } from '../../src/loader/commit-unit.ts'
import * as hints from '../../src/warehouses/postgres/tables/hints.ts'
import * as indexes from '../../src/warehouses/postgres/tables/indexes.ts'
import * as convert from '../../src/warehouses/postgres/foreign/convert.ts'
import { findColumns } from '../../src/warehouses/postgres/foreign/variants.ts'
import * as merge from '../../src/warehouses/postgres/merge.ts'
import * as rights from '../../src/warehouses/postgres/tables/rights.ts'
import * as settings from '../../src/warehouses/postgres/connect/settings.ts'
import * as statements from '../../src/warehouses/postgres/sql.ts'
import * as widening from '../../src/warehouses/postgres/tables/widening.ts'
import { newestRows, summarizeRows } from '../../src/warehouses/row-queries.ts'
import * as keys from '../../src/warehouses/postgres/keys.ts'
import * as comments from '../../src/warehouses/comment-sql.ts'
import * as standard from '../../src/warehouses/standard-sql.ts'
import { typedKeys } from '../../src/warehouses/postgres/typed-keys.ts'
import { ROOT } from '../support/programs.ts'
import { liveViewCases } from './postgres-live-views.ts'

const TABLE = ['marketing', 'cio_"users"'] as const
const TYPES: ColumnType[] = [
  { kind: 'boolean' },
  { kind: 'integer' },
  { kind: 'decimal', precision: 38, scale: 9 },
  { kind: 'number' },
  { kind: 'date' },
  { kind: 'time' },
  { kind: 'timestamp' },
  { kind: 'text' },
  { kind: 'json' },
]
const COLUMNS = TYPES.map((type) => ({ name: `a "${type.kind}"`, type }))

function column(name: string, type: ColumnType) {
  return { name, type, cells: cellsOf(type, []) }
}

const WRITE: WriteStep = {
  kind: 'write',
  table: TABLE[1],
  columns: [
    column('campaign_id', { kind: 'integer' }),
    column('id', { kind: 'text' }),
    column('name', { kind: 'text' }),
    column('_sdc_deleted_at', { kind: 'timestamp' }),
  ],
  rowCount: 0,
  keys: [
    { column: 'campaign_id', isNullable: false },
    { column: 'id', isNullable: false },
  ],
  deleteWhereSet: undefined,
}
const ONE_KEY: WriteStep = { ...WRITE, keys: WRITE.keys.slice(0, 1) }
const NULLABLE: WriteStep = {
  ...WRITE,
  columns: TYPES.map((type) => column(`id__${type.kind}`, type)),
  keys: TYPES.map((type) => ({ column: `id__${type.kind}`, isNullable: true })),
}
const DELETING = { ...WRITE, deleteWhereSet: '_sdc_deleted_at' }
const RETIRE: RetireStep = {
  kind: 'retire',
  table: TABLE[1],
  version: 7,
  versionColumn: '_sdc_table_version',
  markColumn: '_sdc_deleted_at',
  atMicros: 1_600_000_000_000_000,
}
const WIDEN = { kind: 'widen-column', table: TABLE[1], column: 'at' } as const

const LONG_KEYS = typedKeys({
  ...WRITE,
  columns: [column('campaign_id', { kind: 'number' }), ...WRITE.columns.slice(1)],
})

function widen(from: ColumnType | undefined, to: ColumnType): Sql {
  return statements.widenColumn(TABLE, { ...WIDEN, from, to })
}

function updateOf(step: WriteStep): Sql {
  const statement = merge.updateStaged(TABLE, step)
  assert.ok(statement)
  return statement
}

const CONTENTS = [
  'anything',
  'scalars',
  'odd-numbers',
  'json-strings',
  'json-scalars',
  'json-times',
  'midnights',
  'large-numbers',
] as const
const MOVES: [from: ColumnType, to: ColumnType][] = [
  [{ kind: 'decimal', precision: 38, scale: 0 }, { kind: 'text' }],
  [{ kind: 'decimal', precision: 38, scale: 0 }, { kind: 'number' }],
  [{ kind: 'number' }, { kind: 'integer' }],
  [{ kind: 'text' }, { kind: 'decimal', precision: 38, scale: 9 }],
  [{ kind: 'json' }, { kind: 'integer' }],
  [{ kind: 'date' }, { kind: 'timestamp' }],
]
/** Statements for keys that change their type. */
const KEYS = Object.fromEntries([
  ...CONTENTS.map((content): [string, Sql] => {
    const kind = content.startsWith('json') ? 'json' : 'text'
    const held = { name: 'id', type: { kind } } as const
    return [`find ${content}`, keys.findContent(TABLE, held, content)]
  }),
  [
    'find scalars in JSON',
    keys.findContent(TABLE, { name: 'id', type: { kind: 'json' } }, 'scalars'),
  ] as const,
  ...MOVES.flatMap(([fromType, toType]): [string, Sql][] => {
    const from = { name: `id__${fromType.kind}`, type: fromType }
    const to = { name: 'id', type: toType }
    const move = { kind: 'move-values', table: 's', from, to, otherKeys: ['part'] } as const
    const what = `from ${fromType.kind} to ${toType.kind}`
    return [
      [`find what moves ${what}`, keys.findMovable(TABLE, from, to)],
      [`move ${what}`, keys.moveValues(TABLE, move)],
    ]
  }),
])

function foreign(name: string, type: string, from: ColumnType): ForeignColumn {
  const variants = [{ name: `${name}__${from.kind}`, type: from }]
  const native = { name: type, base: type, equalitySchema: 'public' }
  return { name, native, variants }
}

const FOREIGN = [
  foreign('id', 'public.citext', { kind: 'text' }),
  foreign('code', 'character(3)', { kind: 'text' }),
  foreign('token', 'uuid', { kind: 'text' }),
  foreign('seats', 'integer', { kind: 'integer' }),
  foreign('price', 'money', { kind: 'number' }),
  foreign('joined', 'timestamp(0) without time zone', { kind: 'timestamp' }),
  foreign('seen', 'character varying(50)', { kind: 'timestamp' }),
  foreign('tags', 'text[]', { kind: 'json' }),
]
const TRIED = standard.triedColumns(FOREIGN, new Set(['id', 'code']))

function only<T>([first]: readonly T[]): T {
  assert.ok(first)
  return first
}

const CASES: Record<string, Sql> = {
  'find session': settings.findSession(),
  'force settings': settings.forceSettings(),
  ...Object.fromEntries(
    settings
      .forceByServer(180_000, 'off')
      .map((statement, at) => [`force by server, ${at + 1}`, statement]),
  ),
  'look for the client': settings.lookForClient(),
  'force read-only': settings.forceReadOnly(),
  'try lock': settings.tryLock(-81985529216486896n),
  'try lock in a transaction': settings.tryLockTransaction(-81985529216486896n),
  'find holder': settings.findHolder(-81985529216486896n),
  begin: settings.beginTransaction(),
  'begin to read': settings.beginReading('marketing'),
  'prefer the index': settings.preferIndex(),
  'prefer nothing': settings.preferDefaults(),
  'find schema': statements.findSchema('marketing'),
  'create schema': standard.createSchema('marketing'),
  'describe tables': statements.describeTables('marketing', 'cio_'),
  'create table': statements.createTable(TABLE, COLUMNS),
  'add column': statements.addColumn(TABLE, { name: 'x', type: { kind: 'integer' } }),
  'find rights': rights.findRights('marketing', {
    tables: ['cio_users', 'cio__sdc_loads'],
    changed: ['cio_users'],
    createsTables: false,
  }),
  'find tables with row-level security': rights.findGuarded('marketing', {
    tables: ['cio_users', 'cio__sdc_loads'],
    changed: [],
    createsTables: false,
  }),
  'find a table that was made meanwhile': hints.findTable('marketing', ['cio_users']),
  'find dates that are no times': widening.findOutOfRange(TABLE, 'at'),
  'find another owner': widening.findOwner(TABLE),
  'find what hinders a change': widening.findBlockers({
    table: TABLE,
    column: 'at',
    to: { kind: 'decimal', precision: 38, scale: 9 },
  }),
  'widen column': widen({ kind: 'integer' }, { kind: 'number' }),
  'widen a date to a timestamp': widen({ kind: 'date' }, { kind: 'timestamp' }),
  'widen a timestamp to text': widen({ kind: 'timestamp' }, { kind: 'text' }),
  'widen a double of another maker': widen(undefined, { kind: 'number' }),
  'find index': indexes.findIndex(TABLE, typedKeys(WRITE)),
  'create index': indexes.createIndex(TABLE, typedKeys(WRITE)),
  'find an index that holds long values whole': indexes.findStaleIndex(TABLE, LONG_KEYS),
  'create index on a number and a text': indexes.createIndex(TABLE, LONG_KEYS),
  'find our indexes of a column': indexes.findOwnIndexes(TABLE, 'campaign_id'),
  'drop index': indexes.dropIndex('marketing', '_sdc_key_x'),
  'find row': standard.findRow(TABLE),
  'count rows': standard.countRows(TABLE, undefined),
  'count rows, and those marked as deleted': standard.countRows(TABLE, '_sdc_deleted_at'),
  'create stage': statements.createStage(COLUMNS),
  'copy into the stage': statements.copyInto(statements.STAGE, COLUMNS),
  'copy into the table': statements.copyInto(TABLE, COLUMNS),
  'find staged': merge.findStaged(TABLE, WRITE),
  'insert new': merge.insertNew(TABLE, ONE_KEY),
  'insert new, with deletes': merge.insertNew(TABLE, DELETING),
  'update staged': updateOf(ONE_KEY),
  'insert staged': merge.insertStaged(TABLE, ONE_KEY),
  'update staged, two key columns, one of text': updateOf(WRITE),
  'insert staged, two key columns, one of text': merge.insertStaged(TABLE, WRITE),
  'delete staged': merge.deleteStaged(TABLE, DELETING),
  'update staged, with deletes': updateOf(DELETING),
  'insert staged, with deletes': merge.insertStaged(TABLE, DELETING),
  'insert staged, nullable key columns of every type': merge.insertStaged(TABLE, NULLABLE),
  'drop stage': statements.dropStage(),
  'empty table': standard.emptyTable(TABLE),
  'mark rows': statements.retireRows(TABLE, RETIRE),
  'delete rows': statements.retireRows(TABLE, { ...RETIRE, markColumn: undefined }),
  'create a stage of what fits': convert.createConvertedStage({
    columns: [column('name', { kind: 'text' }), ...FOREIGN.flatMap(({ variants }) => variants)],
    tried: TRIED,
    isOneByOne: false,
  }),
  'create a stage of what fits, one by one': convert.createConvertedStage({
    columns: FOREIGN.flatMap(({ variants }) => variants),
    tried: TRIED,
    isOneByOne: true,
  }),
  'create a function that tries a value': convert.createConverter(only(TRIED), 0),
  'drop the function': convert.dropConverter(only(TRIED), 0),
  'count what does not fit': standard.countUnconverted(statements.STAGE, TRIED, ['id']),
  'delete earlier rows of a key': convert.deleteEarlier(['id', 'code']),
  'find columns': findColumns(TABLE, ['id__text', "it's"]),
  'update staged, a foreign key column': updateOf({
    ...ONE_KEY,
    keys: [{ column: 'id', isNullable: false }],
    foreign: FOREIGN.slice(0, 1),
  }),
  'insert new, with deletes by a foreign column': merge.insertNew(TABLE, {
    ...DELETING,
    foreign: [foreign('_sdc_deleted_at', 'date', { kind: 'timestamp' })],
  }),
  'mark rows, foreign columns': statements.retireRows(TABLE, RETIRE, {
    version: convert.versionSql(foreign('_sdc_table_version', 'integer', { kind: 'integer' }), [
      '_sdc_table_version__integer',
    ]),
    mark: {
      set: sql`${id('_sdc_deleted_at__timestamp')} = now()`,
      isUnmarked: sql`${id('_sdc_deleted_at')} is null`,
    },
  }),
  'comments of a table': list(
    comments.setComments(TABLE, {
      comment: "It's a table",
      columns: [{ name: 'a "b"', type: { kind: 'text' }, comment: 'First line\nsecond line' }],
    }),
    sql`;\n`,
  ),
  'stored comments': comments.storedComments(['marketing', 'cio__sdc_loads']),
  'sum up a table': summarizeRows(TABLE, { marks: ['_sdc_deleted_at'], newest: 'updated' }),
  'newest rows': newestRows(TABLE, { columns: ['id', 'name'], newest: 'updated', maxRows: 20 }),
  ...liveViewCases(TABLE),
  'last load number': standard.lastLoadNumber(['marketing', 'cio__sdc_loads']),
  'loaded streams': statements.loadedStreams(['marketing', 'cio__sdc_loads']),
  'last loads': standard.lastLoads(['marketing', 'cio__sdc_loads']),
  ...KEYS,
}

test('every statement matches its reviewed golden file', () => {
  const path = join(ROOT, 'test/golden/postgres.sql')
  const text = Object.entries(CASES)
    .map(([name, statement]) => {
      const rendered = render(statement, STANDARD_STYLE)
      const values = rendered.values.map((value) => `\n-- ${typeof value}: ${value}`).join('')
      return `-- ${name}\n${rendered.text};${values}\n`
    })
    .join('\n')
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(path, text)
  assert.equal(text, readFileSync(path, 'utf8'))
})
