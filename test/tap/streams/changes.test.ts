import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startSandbox, type Sandbox } from '../../../src/sandbox/api/server.ts'
import { addRow, deleteRow, editRow, type RowAt } from '../../../src/sandbox/row-edits.ts'
import { rowKey, rowsOf, type StreamRow } from '../../../src/sandbox/rows.ts'
import { formatEpochMs } from '../../../src/rfc3339.ts'
import type { JsonObject, JsonValue } from '../../../src/singer/json.ts'
import type { StreamDefinition } from '../../../src/streams/definition.ts'
import { parentOf } from '../../../src/streams/index.ts'
import { runStreams, Tables } from '../../support/stream-runs.ts'
import {
  firstListOf,
  LISTED_STREAMS,
  nameOf,
  readRows,
  worldRows,
} from '../../support/world-rows.ts'

/** A field whose edit a user sees, with its new value. */
const EDITS: JsonObject[] = [
  { name: 'Edited name' },
  { description: 'Edited description' },
  { value: 'Edited value' },
  { subject: 'Edited subject' },
  { count: 4321 },
  { campaigns: [1, 2, 3] },
  { processed_at: 1_790_000_123 },
]

async function open(t: TestContext): Promise<Sandbox> {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(async () => sandbox.close())
  return sandbox
}

function at(
  { world }: Sandbox,
  definition: StreamDefinition,
  index: number,
): RowAt & { row: JsonObject } {
  const stream = nameOf(definition)
  const found = readRows(world, definition).at(index)
  assert.ok(found, 'the sandbox has too few rows')
  const { row, parentId } = found
  return { stream, id: rowKey(stream, row), row, ...(parentId !== undefined && { parentId }) }
}

function assertSameKeys(tables: Tables, sandbox: Sandbox, definition: StreamDefinition): void {
  const expected = [...worldRows(sandbox.world, definition).keys()].toSorted()
  assert.deepEqual([...tables.rows(definition.id).keys()].toSorted(), expected)
}

/** The value as the tap writes it. */
function asRecorded(name: string, value: JsonValue | undefined): JsonValue | undefined {
  return name.endsWith('_at') ? formatEpochMs(Number(value) * 1000) : value
}

/** An edit of a field that the row has and that is not in its key. */
function editOf(row: JsonObject, { keyProperties }: StreamDefinition): JsonObject {
  const edit = EDITS.find((one) =>
    Object.keys(one).every((name) => row[name] !== undefined && !keyProperties.includes(name)),
  )
  assert.ok(edit, JSON.stringify(row))
  return edit
}

for (const definition of LISTED_STREAMS) {
  const { id, methods, readAtField } = definition
  const isHistory = readAtField !== undefined && definition.keyProperties.includes(readAtField)
  const isSingle = definition.isSingle === true

  for (const method of methods) {
    test(`${id}: ${method} loads an edited row and a new one`, async (t) => {
      const sandbox = await open(t)
      const tables = new Tables()
      const first = await runStreams(sandbox, [id], { method })
      tables.load(first.messages)
      const { row, ...place } = at(sandbox, definition, 0)
      const edit = editOf(row, definition)
      editRow(sandbox.world, place, edit)
      if (!isSingle) addRow(sandbox.world, place)
      const second = await runStreams(sandbox, [id], { method, state: first.state })
      tables.load(second.messages)
      assert.equal(second.error, undefined)
      assertSameKeys(tables, sandbox, definition)
      const [name = ''] = Object.keys(edit)
      const loaded = [...tables.rows(id).values()].map((record) => JSON.stringify(record[name]))
      assert.ok(loaded.includes(JSON.stringify(asRecorded(name, edit[name]))), loaded.join())
    })
  }

  if (isHistory) {
    test(`${id}: each sync adds its rows and keeps those of the syncs before`, async (t) => {
      const sandbox = await open(t)
      const tables = new Tables()
      const first = await runStreams(sandbox, [id])
      tables.load(first.messages)
      const now = Date.now()
      sandbox.world.now = () => now + 60_000
      tables.load((await runStreams(sandbox, [id], { state: first.state })).messages)
      assert.equal(tables.count(id), 2 * worldRows(sandbox.world, definition).size)
    })
  } else if (!isSingle) {
    test(`${id}: a complete read retires exactly the deleted row`, async (t) => {
      const sandbox = await open(t)
      const tables = new Tables()
      const method = 'FULL_TABLE'
      const first = await runStreams(sandbox, [id], { method })
      tables.load(first.messages)
      const { row: _row, ...place } = at(sandbox, definition, -1)
      deleteRow(sandbox.world, place)
      const second = await runStreams(sandbox, [id], { method, state: first.state })
      assert.equal(second.error, undefined)
      tables.load(second.messages)
      assertSameKeys(tables, sandbox, definition)
    })
  }
}

function createdOf({ row }: StreamRow): number {
  return Number(row['created'] ?? 0)
}

/** The first row of the first page: lists are served newest first, children in their own order. */
function firstServed(rows: readonly StreamRow[], parentId: string | undefined): JsonObject {
  const listed = rows.filter((one) => one.parentId === parentId && one.row['hidden'] !== true)
  const newestFirst = listed.toReversed().toSorted((a, b) => createdOf(b) - createdOf(a))
  const [first] = parentId === undefined ? newestFirst : listed
  assert.ok(first)
  return first.row
}

/** True if the rows of the stream, or its parents, have positions that a deletion moves. */
function hasPages(definition: StreamDefinition): boolean {
  if (definition.pageRows !== undefined) return true
  return definition.kind === 'children' && parentOf(definition).pageRows !== undefined
}

for (const definition of LISTED_STREAMS.filter(hasPages)) {
  const { id } = definition

  test(`${id}: a row that slips between two pages is not retired`, async (t) => {
    const sandbox = await open(t)
    Object.assign(sandbox.paging, { newsletterMaxLimit: 2, senderMaxLimit: 2, actionLimit: 2 })
    const tables = new Tables()
    const method = 'FULL_TABLE'
    const first = await runStreams(sandbox, [id], { method })
    tables.load(first.messages)
    let deleted = 0
    sandbox.hooks.add({
      match: ({ query }) => query.has('start'),
      times: 1,
      act: ({ path }) => {
        const parentId = /\/(\d+)\//.exec(path)?.[1]
        const stream = parentId === undefined ? firstListOf(definition) : nameOf(definition)
        const row = firstServed(rowsOf(sandbox.world, stream), parentId)
        deleteRow(sandbox.world, {
          stream,
          id: rowKey(stream, row),
          ...(parentId !== undefined && { parentId }),
        })
        deleted++
      },
    })
    const second = await runStreams(sandbox, [id], { method, state: first.state })
    assert.equal(second.error, undefined)
    assert.equal(deleted, 1)
    tables.load(second.messages)
    const lost = [...worldRows(sandbox.world, definition).keys()].filter(
      (key) => !tables.rows(id).has(key),
    )
    assert.deepEqual(lost, [])
  })
}
