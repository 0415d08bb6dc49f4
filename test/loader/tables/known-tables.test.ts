import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialect } from '../../../src/loader/dialect.ts'
import { KnownTables } from '../../../src/loader/tables/known-tables.ts'

const DIALECT: Dialect = {
  name: 'test',
  maxNameBytes: 63,
  isCaseSensitive: false,
  maxPrecision: 38,
  isNumberExact: false,
  maxColumns: 100,
  systemColumns: new Set(),
  hasColumnComments: false,
  hasViews: false,
  holdsNul: false,
  widening: () => 'always',
}

test('a new table gets its columns at once, an existing one by changes', () => {
  const tables = new KnownTables(DIALECT, [
    { name: 'Users', columns: [{ name: 'id', type: { kind: 'integer' } }] },
  ])
  const id = { name: 'id', type: { kind: 'integer' } } as const
  const note = { name: 'note', type: { kind: 'text' } } as const
  assert.equal(tables.resolveTable('users', false), 'Users')
  assert.equal(tables.resolveTable('orders', false), 'orders')
  tables.addColumn('Users', note)
  tables.addColumn('orders', id)
  tables.widenColumn('Users', 'id', { kind: 'text' })
  assert.ok(tables.isNewColumn('Users', 'note') && tables.isNewColumn('orders', 'id'))
  assert.ok(!tables.isNewColumn('Users', 'id'))
  assert.deepEqual(tables.takeChanges(), [
    { kind: 'create-table', table: 'orders', columns: [id] },
    { kind: 'add-column', table: 'Users', column: note },
    {
      kind: 'widen-column',
      table: 'Users',
      column: 'id',
      from: { kind: 'integer' },
      to: { kind: 'text' },
    },
  ])
  assert.ok(!tables.hasChanges)
  assert.ok(!tables.isNewColumn('Users', 'note'))
})

test('adds a variant column once', () => {
  const tables = new KnownTables(DIALECT, [])
  tables.resolveOwnTable('s')
  tables.addColumn('s', { name: 'n', type: { kind: 'integer' } })
  const variant = { name: 'n__text', type: { kind: 'text' } } as const
  assert.deepEqual(tables.addVariantColumn('s', 'n', { kind: 'text' }), variant)
  assert.deepEqual(tables.addVariantColumn('s', 'n', { kind: 'text' }), variant)
  assert.equal(tables.columnsOf('s').size, 2)
})
