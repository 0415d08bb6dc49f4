import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isStreamSelected,
  parseCatalog,
  replicationMethod,
  selectedSchema,
  withoutDeselected,
  type CatalogEntry,
  type Replication,
} from '../../src/singer/catalog.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { discover } from '../../src/tap/discover.ts'

const SCHEMA: JsonObject = {
  type: 'object',
  required: ['id', 'b'],
  properties: {
    id: { type: 'integer' },
    a: { type: 'string' },
    b: { type: 'object', properties: { c: { type: 'string' }, d: { type: 'string' } } },
  },
}

/** An entry whose metadata is given by dotted breadcrumb; '' is the stream. */
function entry(metadata?: Record<string, JsonObject>, more: JsonObject = {}): CatalogEntry {
  const list = Object.entries(metadata ?? {}).map(([path, value]) => ({
    breadcrumb: path.split('.').flatMap((name) => (name === '' ? [] : ['properties', name])),
    metadata: value,
  }))
  return {
    tap_stream_id: 's',
    stream: 's',
    schema: SCHEMA,
    ...(metadata && { metadata: list }),
    ...more,
  }
}

function selectedNames(metadata: Record<string, JsonObject>): string[] {
  return Object.keys(selectedSchema(entry(metadata), ['id'])['properties'] as JsonObject)
}

const BOTH: Replication = {
  methods: ['INCREMENTAL', 'FULL_TABLE'],
  replicationKey: 'updated',
}

function methodOf(metadata: JsonObject, more?: JsonObject): string {
  return replicationMethod(entry({ '': metadata }, more), BOTH)
}

const STREAM_CASES: [title: string, CatalogEntry, boolean][] = [
  ['no metadata at all', entry(), true],
  ['metadata that says nothing', entry({ '': {} }), false],
  ['selected', entry({ '': { selected: true } }), true],
  ['selected as a text', entry({ '': { selected: 'True' } }), true],
  ['deselected', entry({ '': { selected: false, 'selected-by-default': true } }), false],
  ['selected by default', entry({ '': { 'selected-by-default': true } }), true],
  ['null, but by default', entry({ '': { selected: null, 'selected-by-default': true } }), true],
  ['selected in the older place', entry({ '': {} }, { selected: true }), true],
  ['deselected in the older place', entry(undefined, { selected: false }), false],
  ['unsupported', entry({ '': { inclusion: 'unsupported', 'selected-by-default': true } }), false],
  ['selected, but unsupported', entry({ '': { inclusion: 'unsupported', selected: true } }), false],
]

for (const [title, stream, isSelected] of STREAM_CASES) {
  test(`a stream with ${title} is ${isSelected ? '' : 'not '}read`, () => {
    assert.equal(isStreamSelected(stream), isSelected)
  })
}

test('key properties stay selected, whatever the catalog says', () => {
  assert.deepEqual(selectedNames({ id: { selected: false } }), ['id', 'a', 'b'])
})

test('properties follow inclusion, then selected, then the default', () => {
  assert.deepEqual(selectedNames({ a: { selected: false } }), ['id', 'b'])
  assert.deepEqual(selectedNames({ a: { 'selected-by-default': false } }), ['id', 'b'])
  assert.deepEqual(selectedNames({ a: { inclusion: 'automatic', selected: false } }), [
    'id',
    'a',
    'b',
  ])
  assert.deepEqual(selectedNames({ a: { inclusion: 'unsupported', selected: true } }), ['id', 'b'])
})

test('a deselected nested property is in neither the schema nor the record', () => {
  const chosen = selectedSchema(entry({ 'b.c': { selected: false }, a: { selected: false } }), [
    'id',
  ])
  assert.deepEqual(chosen, {
    type: 'object',
    required: ['id', 'b'],
    properties: {
      id: { type: 'integer' },
      b: { type: 'object', properties: { d: { type: 'string' } } },
    },
  })
  assert.deepEqual(
    withoutDeselected({ id: 1, a: 'x', b: { c: 1, d: 2, e: 3 }, f: 4 }, SCHEMA, chosen),
    { id: 1, b: { d: 2, e: 3 }, f: 4 },
  )
})

test('a deselected property is no longer required', () => {
  assert.deepEqual(selectedSchema(entry({ b: { selected: false } }), ['id'])['required'], ['id'])
})

test('the replication method is the forced one, then the selected one, then INCREMENTAL', () => {
  assert.equal(methodOf({}), 'INCREMENTAL')
  assert.equal(methodOf({ 'replication-method': 'FULL_TABLE' }), 'FULL_TABLE')
  assert.equal(methodOf({}, { replication_method: 'FULL_TABLE' }), 'FULL_TABLE')
  assert.equal(
    methodOf({
      'forced-replication-method': 'INCREMENTAL',
      'replication-method': 'FULL_TABLE',
    }),
    'INCREMENTAL',
  )
  assert.throws(() => methodOf({ 'replication-method': 'LOG_BASED' }), {
    code: 'CATALOG_INVALID',
    message: 'The replication method of s must be INCREMENTAL or FULL_TABLE, not "LOG_BASED".',
  })
  assert.throws(() => methodOf({ 'replication-key': 'created' }), {
    code: 'CATALOG_INVALID',
    message: 'The replication key of s must be updated, not "created".',
  })
})

test('a catalog may name its streams by either of the two ids', () => {
  const { streams } = parseCatalog({
    streams: [
      { stream: 'a', schema: {} },
      { tap_stream_id: 'b', schema: {} },
    ],
  })
  assert.deepEqual(
    streams.map(({ tap_stream_id, stream }) => [tap_stream_id, stream]),
    [
      ['a', 'a'],
      ['b', 'b'],
    ],
  )
})

test('null and an empty list count as no metadata: everything is selected', () => {
  for (const metadata of [null, []]) {
    const [stream] = parseCatalog({ streams: [{ stream: 's', schema: SCHEMA, metadata }] }).streams
    assert.ok(stream)
    assert.equal(isStreamSelected(stream), true)
    assert.deepEqual(selectedSchema(stream, ['id']), SCHEMA)
    assert.equal(replicationMethod(stream, BOTH), 'INCREMENTAL')
  }
})

test('every stream and property of the discovered catalog is selected', () => {
  for (const stream of discover().streams) {
    assert.equal(isStreamSelected(stream), true)
    assert.deepEqual(selectedSchema(stream, []), stream.schema)
  }
})

test('a stream with one method has it without being told, and no other', () => {
  const onlyFull: Replication = { methods: ['FULL_TABLE'] }
  assert.equal(replicationMethod(entry({ '': {} }), onlyFull), 'FULL_TABLE')
  const incremental = entry({ '': { 'replication-method': 'INCREMENTAL' } })
  assert.throws(() => replicationMethod(incremental, onlyFull), {
    code: 'CATALOG_INVALID',
    message: 'The replication method of s must be FULL_TABLE, not "INCREMENTAL".',
  })
})
