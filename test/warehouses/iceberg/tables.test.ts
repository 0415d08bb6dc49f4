import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column } from '../../../src/loader/commit-unit.ts'
import { columnUsers, foundTable, hasColumns } from '../../../src/warehouses/iceberg/tables.ts'

/** A table as a catalog describes it. */
function tableOf(fields: object[], more: object = {}) {
  const metadata = {
    'current-schema-id': 1,
    schemas: [
      { 'schema-id': 0, fields: [{ id: 9, name: 'old', required: true, type: 'int' }] },
      { 'schema-id': 1, 'identifier-field-ids': [3], fields },
    ],
    ...more,
  }
  return { name: 't', metadata }
}

function field(id: number, name: string, type: unknown): object {
  return { id, name, required: false, type }
}

test('reads the columns of the current schema, in the types of DuckDB', () => {
  const nested = {
    type: 'struct',
    fields: [
      field(5, 'a "b"', 'int'),
      field(6, 'l', { type: 'list', element: { type: 'map', key: 'string', value: 'uuid' } }),
    ],
  }
  const { columns } = foundTable(
    tableOf([
      { ...field(1, 'id', 'long'), required: true },
      field(2, 'small', 'int'),
      field(3, 'amount', 'decimal(20, 4)'),
      field(4, 'nested', nested),
      field(7, 'unknown', 'geography'),
      field(8, 'raw', 'fixed[16]'),
    ]),
  )
  assert.deepEqual(
    columns.map(({ name, type, native, isRequired }) => [
      name,
      type?.kind,
      native?.name,
      isRequired,
    ]),
    [
      ['id', 'integer', 'BIGINT', true],
      ['small', undefined, 'INTEGER', undefined],
      ['amount', 'decimal', 'DECIMAL(20,4)', undefined],
      ['nested', undefined, 'STRUCT("a ""b""" INTEGER, "l" MAP(VARCHAR, UUID)[])', undefined],
      ['unknown', undefined, undefined, undefined],
      ['raw', undefined, 'BLOB', undefined],
    ],
  )
})

const MARKS = {
  properties: {
    'target-warehouse.json.1': 'true',
    'target-warehouse.json.2': 'true',
    'target-warehouse.json.3': 'false',
  },
}

function kindsOf(fields: object[]): unknown[] {
  return foundTable(tableOf(fields, MARKS)).columns.map(({ type }) => type?.kind)
}

test('takes a string column with a marked field id for JSON, under any name, and no other', () => {
  const [id, text] = [field(1, 'id', 'long'), field(3, 'text', 'string')]
  assert.deepEqual(kindsOf([id, field(2, 'doc', 'string'), text]), ['integer', 'json', 'text'])
  assert.deepEqual(kindsOf([id, text, field(2, 'renamed', 'string')]), ['integer', 'text', 'json'])
  // Dropped and created again.
  assert.deepEqual(kindsOf([id, field(4, 'doc', 'string')]), ['integer', 'text'])
})

test('says whether a table has the columns that were planned', () => {
  const planned: Column[] = [
    { name: 'Id', type: { kind: 'integer' } },
    { name: 'doc', type: { kind: 'json' } },
    { name: 'amount', type: { kind: 'decimal', precision: 10, scale: 2 } },
  ]
  const [id, doc, amount] = [
    field(1, 'id', 'long'),
    field(2, 'doc', 'string'),
    field(3, 'amount', 'decimal(10, 2)'),
  ]
  const isPlanned = (fields: object[], more: object = MARKS) =>
    hasColumns(tableOf(fields, more), planned)
  assert.ok(isPlanned([id, doc, amount]))
  assert.ok(!isPlanned([id, doc, amount], {}), 'a column is not marked as JSON')
  assert.ok(!isPlanned([id, doc, field(3, 'amount', 'decimal(10, 1)')]))
  assert.ok(!isPlanned([id, doc, field(3, 'amount', 'geography')]))
  assert.ok(!isPlanned([id, doc, { ...amount, required: true }]))
  assert.ok(!isPlanned([id, amount, doc]))
  assert.ok(!isPlanned([id, doc]))
  assert.ok(!isPlanned([id, doc, amount, field(4, 'more', 'long')]))
})

test('names everything that keeps a column from being replaced', () => {
  const table = tableOf(
    [
      field(1, 'free', 'string'),
      field(2, 'sorted', 'string'),
      { ...field(3, 'key', 'long'), required: true },
      { ...field(4, 'day', 'date'), 'write-default': '2026-01-01' },
    ],
    {
      'default-spec-id': 1,
      'partition-specs': [
        { 'spec-id': 0, fields: [{ 'source-id': 1 }] },
        { 'spec-id': 1, fields: [{ 'source-id': 4 }] },
      ],
      'default-sort-order-id': 1,
      'sort-orders': [{ 'order-id': 1, fields: [{ 'source-id': 2 }] }],
    },
  )
  assert.deepEqual(columnUsers(table, 'free'), [])
  assert.deepEqual(columnUsers(table, 'sorted'), ['the order of the table'])
  assert.deepEqual(columnUsers(table, 'key'), [
    'the constraint NOT NULL of the column',
    'the identifier fields of the table',
  ])
  assert.deepEqual(columnUsers(table, 'day'), [
    'the default of the column',
    'the partitions of the table',
  ])
  assert.deepEqual(columnUsers(table, 'absent'), [])
})
