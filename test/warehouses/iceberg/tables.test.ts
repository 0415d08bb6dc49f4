import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnUsers, foundTable } from '../../../src/warehouses/iceberg/tables.ts'

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

test('takes a marked string column for JSON, in any case, and no other column', () => {
  const properties = {
    'target-warehouse.json.doc': 'true',
    'target-warehouse.json.id': 'true',
    'target-warehouse.json.text': 'false',
  }
  const fields = [field(1, 'id', 'long'), field(2, 'Doc', 'string'), field(3, 'text', 'string')]
  const { columns } = foundTable(tableOf(fields, { properties }))
  assert.deepEqual(
    columns.map(({ type }) => type?.kind),
    ['integer', 'json', 'text'],
  )
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
