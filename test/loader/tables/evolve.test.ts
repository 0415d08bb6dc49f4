import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evolveColumn, variantTypes } from '../../../src/loader/tables/evolve.ts'
import type { ColumnType } from '../../../src/loader/schema/types.ts'
import type { FoundColumn } from '../../../src/loader/warehouse.ts'
import type { Dialect } from '../../../src/loader/dialect.ts'

const DIALECT: Dialect = {
  name: 'test',
  maxNameBytes: 63,
  isCaseSensitive: true,
  maxPrecision: 38,
  isNumberExact: false,
  maxColumns: 100,
  systemColumns: new Set(),
  hasColumnComments: false,
  hasViews: false,
  holdsNul: false,
  widening: (from, to) => {
    if (from.kind === 'time') return 'never'
    return to.kind === 'number' ? 'when-exact' : 'always'
  },
}

function found(type: ColumnType | undefined, widensTo?: ColumnType): FoundColumn {
  return { name: 'c', type, ...(widensTo && { widensTo }) }
}

test('adds, keeps or widens a column, or uses a variant column; never narrows', () => {
  const text: ColumnType = { kind: 'text' }
  const integer: ColumnType = { kind: 'integer' }
  const number: ColumnType = { kind: 'number' }
  const json: ColumnType = { kind: 'json' }
  assert.deepEqual(evolveColumn(undefined, text, DIALECT), { kind: 'add' })
  assert.deepEqual(evolveColumn(found(text), integer, DIALECT), { kind: 'keep', type: text })
  assert.deepEqual(evolveColumn(found(json), integer, DIALECT), { kind: 'keep', type: json })
  assert.deepEqual(evolveColumn(found(integer), text, DIALECT), {
    kind: 'widen',
    to: text,
    isGuarded: false,
  })
  assert.deepEqual(evolveColumn(found(integer), number, DIALECT), {
    kind: 'widen',
    to: number,
    isGuarded: true,
  })
  assert.deepEqual(evolveColumn(found(integer), json, DIALECT), { kind: 'variant', type: integer })
  assert.deepEqual(evolveColumn(found({ kind: 'time' }), text, DIALECT), {
    kind: 'variant',
    type: { kind: 'time' },
  })
  assert.deepEqual(evolveColumn(found(undefined), text, DIALECT), {
    kind: 'variant',
    type: undefined,
  })
  assert.deepEqual(evolveColumn(found(undefined, integer), integer, DIALECT), {
    kind: 'widen',
    to: integer,
    isGuarded: true,
  })
  assert.deepEqual(evolveColumn(found(undefined, integer), json, DIALECT), {
    kind: 'variant',
    type: undefined,
  })
})

function kinds(type: ColumnType): string[] {
  return variantTypes(type, DIALECT).map(({ kind }) => kind)
}

test('the last variant column holds everything that a type allows', () => {
  assert.deepEqual(kinds({ kind: 'integer' }), ['integer', 'decimal', 'text'])
  assert.deepEqual(kinds({ kind: 'number' }), ['number', 'text'])
  assert.deepEqual(kinds({ kind: 'timestamp' }), ['timestamp', 'text'])
  assert.deepEqual(kinds({ kind: 'json' }), ['json'])
})
