import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ColumnType } from '../../../src/loader/schema/types.ts'
import {
  hasOneSpelling,
  moveRule,
  unreachableContent,
  type KeyProperty,
} from '../../../src/loader/tables/key-rules.ts'

const LIMITS = { maxPrecision: 38, isNumberExact: false }
const TEXT: ColumnType = { kind: 'text' }
const INTEGER: ColumnType = { kind: 'integer' }
const NUMBER: ColumnType = { kind: 'number' }
const JSON_TYPE: ColumnType = { kind: 'json' }

function key(wanted: ColumnType, isString = false): KeyProperty & typeof LIMITS {
  const names = { stream: 's', table: 's', property: 'id', column: 'id' }
  return { ...names, wanted, type: wanted, isString, variants: [], ...LIMITS }
}

test('a value has one spelling where JSON and the column write it the same way', () => {
  const types: ColumnType[] = [INTEGER, { kind: 'decimal', precision: 38, scale: 0 }, TEXT]
  assert.ok(types.every(hasOneSpelling))
  assert.ok(!hasOneSpelling({ kind: 'decimal', precision: 5, scale: 2 }))
  assert.ok(!hasOneSpelling({ kind: 'timestamp' }))
})

test('keys with one spelling move into a column of strings; others are refused', () => {
  assert.deepEqual(moveRule(TEXT, INTEGER, key(TEXT)), { moves: 'all' })
  assert.deepEqual(moveRule(TEXT, { kind: 'timestamp' }, key(TEXT)), { refuses: 'anything' })
  assert.deepEqual(moveRule(TEXT, JSON_TYPE, key(TEXT)), { refuses: 'json-strings' })
  assert.deepEqual(moveRule(TEXT, JSON_TYPE, key(INTEGER)), { refuses: 'json-scalars' })
})

test('a double never receives keys, because it already holds all that fit', () => {
  assert.deepEqual(moveRule(NUMBER, TEXT, key(NUMBER)), {})
  const exact = { ...key(NUMBER), isNumberExact: true }
  assert.deepEqual(moveRule(NUMBER, TEXT, exact), { moves: 'some' })
})

test('names the stored content that new keys would not be compared with', () => {
  assert.equal(unreachableContent('timestamp', key(TEXT)), 'anything')
  assert.equal(unreachableContent('json', key(TEXT)), 'json-scalars')
  assert.equal(unreachableContent('json', key(INTEGER)), 'scalars')
  assert.equal(unreachableContent('text', key(TEXT)), undefined)
})
