/**
 * Every statement for DuckDB, reviewed like code. To accept a change: UPDATE_GOLDEN=1 npm test
 * golden
 */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { id, render, sql, STANDARD_STYLE, type Sql } from '../../src/warehouses/sql.ts'
import { cellsOf } from '../../src/loader/columns/cells.ts'
import type { ColumnType } from '../../src/loader/schema/types.ts'
import type { ForeignColumn, RetireStep, WriteStep } from '../../src/loader/commit-unit.ts'
import * as constraints from '../../src/warehouses/duckdb/tables/constraints.ts'
import * as catalog from '../../src/warehouses/duckdb/tables/catalog.ts'
import * as convert from '../../src/warehouses/duckdb/foreign/convert.ts'
import { useSchema } from '../../src/warehouses/duckdb/query.ts'
import * as statements from '../../src/warehouses/duckdb/sql.ts'
import * as keys from '../../src/warehouses/duckdb/tables/keys.ts'
import { keptStage } from '../../src/warehouses/duckdb/tables/stages.ts'
import { commentOnView, createLiveView } from '../../src/warehouses/live-views.ts'
import { newestRows, summarizeRows } from '../../src/warehouses/row-queries.ts'
import * as comments from '../../src/warehouses/comment-sql.ts'
import * as standard from '../../src/warehouses/standard-sql.ts'
import { ROOT } from '../support/programs.ts'

const TABLE = ['file', 'marketing', 'cio_"users"'] as const
const STAGE = statements.stageTable('_sdc_stage')
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
const WRITE: WriteStep = {
  kind: 'write',
  table: TABLE[2],
  columns: ['id', 'id__decimal', 'name', '_sdc_deleted_at'].map((name) => ({
    name,
    type: { kind: 'text' },
    cells: cellsOf({ kind: 'text' }, []),
  })),
  rowCount: 0,
  keys: [{ column: 'id', isNullable: false }],
  deleteWhereSet: undefined,
}
const RETIRE: RetireStep = {
  kind: 'retire',
  table: TABLE[2],
  version: 7,
  versionColumn: '_sdc_table_version',
  markColumn: '_sdc_deleted_at',
  atMicros: 1_600_000_000_000_000,
}
const WIDEN = {
  kind: 'widen-column',
  table: TABLE[2],
  column: 'at',
  from: { kind: 'date' },
} as const

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
  return { name, native: { name: type, base: type }, variants }
}

const FOREIGN = [
  foreign('id', 'UUID', { kind: 'text' }),
  foreign('count', 'FLOAT', { kind: 'integer' }),
  foreign('at', 'TIMESTAMP_NS', { kind: 'timestamp' }),
  foreign('day', 'TIMESTAMP_S', { kind: 'date' }),
  foreign('tags', 'VARCHAR[2]', { kind: 'json' }),
  foreign('wait', 'INTERVAL', { kind: 'json' }),
]

const CASES: Record<string, Sql> = {
  'create schema': standard.createSchema('file', 'marketing'),
  'create table': statements.createTable(TABLE, COLUMNS),
  'add column': statements.addColumn(TABLE, { name: 'x', type: { kind: 'integer' } }),
  'widen column': statements.widenColumn(TABLE, { ...WIDEN, to: { kind: 'timestamp' } }),
  'widen a time to text': statements.widenColumn(TABLE, {
    ...WIDEN,
    from: { kind: 'timestamp' },
    to: { kind: 'text' },
  }),
  'find dates that are no times': statements.findOutOfRange(TABLE, 'at'),
  'find inexact': statements.findInexact(
    TABLE,
    { name: 'x', type: { kind: 'integer' } },
    { kind: 'number' },
  ),
  'find constraints': constraints.findConstraints(TABLE),
  'create stage': statements.createStage('_sdc_stage', COLUMNS),
  'drop stage': statements.dropStage('_sdc_stage'),
  'find memory limit': statements.findMemoryLimit(),
  'set memory limit': statements.setMemoryLimit('18.8 GiB'),
  'find memory': statements.findMemory(),
  'use the schema': useSchema('file', 'marketing'),
  'find row': standard.findRow(TABLE),
  'count rows': standard.countRows(TABLE, undefined),
  'count rows, and those marked as deleted': standard.countRows(TABLE, '_sdc_deleted_at'),
  'insert staged': statements.insertStaged(TABLE, STAGE, WRITE),
  'insert kept rows': statements.insertStaged(TABLE, keptStage('stage_1'), WRITE),
  'delete replaced rows': statements.deleteReplaced(
    keptStage('stage_1'),
    keptStage('stage_2'),
    WRITE,
  ),
  'merge staged': statements.mergeStaged(TABLE, STAGE, WRITE),
  'merge staged, two key columns, deletes': statements.mergeStaged(TABLE, STAGE, {
    ...WRITE,
    keys: [
      { column: 'id', isNullable: true },
      { column: 'id__decimal', isNullable: true },
    ],
    deleteWhereSet: '_sdc_deleted_at',
  }),
  'merge staged, nothing but keys': statements.mergeStaged(TABLE, STAGE, {
    ...WRITE,
    columns: WRITE.columns.slice(0, 1),
  }),
  'empty table': standard.emptyTable(TABLE),
  'mark rows': statements.retireRows(TABLE, RETIRE),
  'delete rows': statements.retireRows(TABLE, { ...RETIRE, markColumn: undefined }),
  'describe tables': statements.describeTables('file', 'marketing', 'cio_'),
  'find columns': catalog.findColumns(TABLE),
  'find what uses a column': catalog.findColumnUsers(TABLE, 'at'),
  'create a stage of what fits': convert.createConvertedStage(
    { stage: '_sdc_stage', raw: '_sdc_raw' },
    [{ name: 'name', type: { kind: 'text' } }, ...FOREIGN.flatMap(({ variants }) => variants)],
    standard.triedColumns(FOREIGN, new Set()),
  ),
  'count what does not fit': standard.countUnconverted(
    statements.stageTable('_sdc_stage'),
    standard.triedColumns(FOREIGN, new Set()),
    ['id'],
  ),
  'delete earlier rows of a key': convert.deleteEarlier('_sdc_stage', ['id', 'code']),
  'merge staged, deletes by a foreign column': statements.mergeStaged(TABLE, STAGE, {
    ...WRITE,
    foreign: [foreign('_sdc_deleted_at', 'TIMESTAMP_NS', { kind: 'timestamp' })],
    deleteWhereSet: '_sdc_deleted_at',
  }),
  'mark rows, foreign columns': statements.retireRows(TABLE, RETIRE, {
    version: convert.versionSql(foreign('_sdc_table_version', 'UUID', { kind: 'integer' }), [
      '_sdc_table_version__integer',
    ]),
    mark: {
      set: sql`${id('_sdc_deleted_at__timestamp')} = make_timestamptz(7)`,
      isUnmarked: sql`${id('_sdc_deleted_at')} is null`,
    },
  }),
  'comment on a table': comments.commentOnTable(TABLE, "It's a table"),
  'comment on a column': comments.commentOnColumn(TABLE, 'a "b"', 'First line\nsecond line'),
  'stored comments': comments.storedComments(['file', 'marketing', 'cio__sdc_loads']),
  'sum up a table': summarizeRows(TABLE, {
    marks: ['_sdc_deleted_at', '_sdc_deleted_at__timestamp'],
    newest: 'updated',
  }),
  'sum up a table without marks': summarizeRows(TABLE, { marks: [], newest: undefined }),
  'newest rows': newestRows(TABLE, { columns: ['id', 'name'], newest: 'updated', maxRows: 20 }),
  'some rows': newestRows(TABLE, { columns: ['id'], newest: undefined, maxRows: 20 }),
  'describe views': catalog.describeViews('file', 'marketing', 'cio_'),
  'create a live view': createLiveView(['file', 'marketing', 'v'], ['marketing', TABLE[2]], {
    columns: ['id', 'name'],
    marks: ['_sdc_deleted_at', '_sdc_deleted_at__timestamp'],
  }),
  'comment on a view': commentOnView(['file', 'marketing', 'v']),
  'loaded streams': statements.loadedStreams(['file', 'marketing', 'cio__sdc_loads']),
  'last load number': standard.lastLoadNumber(['file', 'marketing', 'cio__sdc_loads']),
  'last loads': standard.lastLoads(['file', 'marketing', 'cio__sdc_loads']),
  ...KEYS,
}

test('every statement matches its reviewed golden file', () => {
  const path = join(ROOT, 'test/golden/duckdb.sql')
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
