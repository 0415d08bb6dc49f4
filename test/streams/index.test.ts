import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isJsonObject, type JsonObject } from '../../src/singer/json.ts'
import type { StreamDefinition } from '../../src/streams/definition.ts'
import { parentOf, STREAMS } from '../../src/streams/index.ts'
import { ageSeconds } from '../../src/tap/windows/ages.ts'

function propertiesOf({ schema }: StreamDefinition): JsonObject {
  const { properties } = schema
  assert.ok(isJsonObject(properties))
  return properties
}

function isTime(stream: StreamDefinition, field: string): boolean {
  const property = propertiesOf(stream)[field]
  return isJsonObject(property) && property['format'] === 'date-time'
}

/** Every schema below another one: of properties, of their items and members. */
function* describedIn(schema: JsonObject, name: string): Generator<[string, JsonObject]> {
  const { properties, items } = schema
  if (isJsonObject(items)) yield* describedIn(items, `${name}[]`)
  for (const [member, property] of Object.entries(isJsonObject(properties) ? properties : {})) {
    assert.ok(isJsonObject(property))
    yield [`${name}.${member}`, property]
    yield* describedIn(property, `${name}.${member}`)
  }
}

test('every property of every stream has a description and may be null', () => {
  const bad = STREAMS.flatMap(({ id, schema }) =>
    [...describedIn(schema, id)]
      .filter(([, { type, description }]) => {
        const isNullable = Array.isArray(type) && type.includes('null')
        return !isNullable || typeof description !== 'string' || description === ''
      })
      .map(([name]) => name),
  )
  assert.deepEqual(bad, [])
})

test('every stream keeps unknown fields', () => {
  const last = STREAMS.map((stream) => Object.keys(propertiesOf(stream)).at(-1))
  assert.deepEqual(new Set(last), new Set(['additional_fields']))
})

test('the fields that a definition names are in its schema', () => {
  const missing = STREAMS.flatMap((stream) => {
    const { id, keyProperties, kind, fingerprintFields } = stream
    const own = kind === 'children' ? [stream.parent.idField] : fingerprintFields
    const parts = kind === 'list' ? (stream.parts ?? []).map(({ takes }) => takes.field) : []
    const changed = kind === 'windows' ? [stream.window.changedField] : []
    const { from, members = {} } = stream.copied ?? {}
    const copied = [...(from === undefined ? [] : [from]), ...Object.keys(members)]
    const names = [...keyProperties, ...own, ...parts, ...changed, ...copied]
    const properties = propertiesOf(stream)
    return names.filter((name) => !Object.hasOwn(properties, name)).map((name) => `${id}.${name}`)
  })
  assert.deepEqual(missing, [])
})

test('the ages of a stream are ascending', () => {
  for (const stream of STREAMS) {
    if (stream.kind !== 'windows') continue
    const ages = stream.window.ages.map(ageSeconds)
    assert.deepEqual(
      ages,
      [...new Set(ages)].toSorted((a, b) => a - b),
      stream.id,
    )
  }
})

test('the times that a definition names are times in its schema', () => {
  const wrong = STREAMS.flatMap((stream) => {
    const { id, replicationKey, createdField, readAtField } = stream
    return [replicationKey, createdField, readAtField]
      .filter((name) => name !== undefined)
      .filter((name) => !isTime(stream, name))
      .map((name) => `${id}.${name}`)
  })
  assert.deepEqual(wrong, [])
})

test('a parent has an integer id and the fields that its child stream names', () => {
  for (const child of STREAMS) {
    if (child.kind !== 'children') continue
    const properties = propertiesOf(parentOf(child))
    const { childrenField = 'id' } = child.parent
    const missing = [childrenField, ...child.fingerprintFields].filter(
      (name) => !Object.hasOwn(properties, name),
    )
    assert.deepEqual(missing, [], child.id)
    const { id } = properties
    assert.ok(isJsonObject(id))
    assert.deepEqual(id['type'], ['null', 'integer'], child.id)
    assert.equal(child.keyProperties.includes(child.parent.idField), true, child.id)
  }
})

test('INCREMENTAL has a replication key', () => {
  const keyless = STREAMS.filter(
    ({ methods, replicationKey }) => methods.includes('INCREMENTAL') && !replicationKey,
  )
  assert.deepEqual(keyless, [])
})
