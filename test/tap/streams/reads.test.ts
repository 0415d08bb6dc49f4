import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Ajv } from 'ajv'
import { createWorld, type WorldOptions } from '../../../src/sandbox/generate.ts'
import { startSandbox, type Sandbox } from '../../../src/sandbox/api/server.ts'
import { rowsOf } from '../../../src/sandbox/rows.ts'
import { isJsonObject, type JsonObject } from '../../../src/singer/json.ts'
import { requestsOf } from '../../../src/streams/cost.ts'
import { definitionOf } from '../../../src/streams/index.ts'
import { runStreams, Tables } from '../../support/stream-runs.ts'
import { LISTED_NAMES, LISTED_STREAMS, nameOf, worldRows } from '../../support/world-rows.ts'

const NO_LIMIT = { perSecond: Number.POSITIVE_INFINITY }
/** A workspace in which no parent has more than a page of children. */
const EVEN: WorldOptions = {
  examples: false,
  seed: 3,
  newsletters: 250,
  campaigns: 4,
  actionsPerCampaign: [0, 10],
  broadcasts: 3,
  transactional: 3,
  segments: 3,
}
const ajv = new Ajv({ strict: false, formats: { 'date-time': true } })

let sandbox: Sandbox
before(async () => {
  sandbox = await startSandbox({ rate: NO_LIMIT })
})
after(async () => sandbox.close())

/** Values that leave as null: they mean that there is none. */
function isNothing(value: unknown): boolean {
  return value === null || value === '' || value === 0
}

function assertNothingLost(raw: JsonObject, record: JsonObject): void {
  const extra = record['additional_fields'] as JsonObject | null
  for (const [name, value] of Object.entries(raw)) {
    const kept = record[name] ?? extra?.[name] ?? null
    assert.ok(kept !== null || isNothing(value), `${name} of ${JSON.stringify(raw)} is lost`)
  }
}

for (const definition of LISTED_STREAMS) {
  const { id, schema, methods } = definition
  const method = methods.includes('FULL_TABLE') ? 'FULL_TABLE' : 'INCREMENTAL'

  test(`${id}: a complete read finds every row, each valid and with every field`, async () => {
    const { messages, error } = await runStreams(sandbox, [id], { method })
    assert.equal(error, undefined)
    const tables = new Tables()
    tables.load(messages)
    const expected = worldRows(sandbox.world, definition)
    const found = tables.rows(id)
    assert.ok(expected.size > 0, 'the sandbox has no rows')
    assert.deepEqual([...found.keys()].toSorted(), [...expected.keys()].toSorted())
    const validate = ajv.compile(schema)
    for (const [key, record] of found) {
      assert.ok(validate(record), JSON.stringify([validate.errors, record]))
      assertNothingLost(expected.get(key) ?? {}, record)
    }
  })

  test(`${id}: the requests are those of the printed cost`, async (t) => {
    const counted = await startSandbox({ rate: NO_LIMIT, world: createWorld(EVEN) })
    t.after(async () => counted.close())
    const sizes = new Map(LISTED_NAMES.map((name) => [name, rowsOf(counted.world, name).length]))
    const { error } = await runStreams(counted, [id], { method })
    assert.equal(error, undefined)
    assert.equal(counted.requests.length, requestsOf(definition, sizes, { withParent: true }))
  })

  test(`${id}: a list without rows is read to its end, whatever its form`, async (t) => {
    const empty = await startSandbox({ rate: NO_LIMIT, world: { examples: false } })
    t.after(async () => empty.close())
    for (const emptyList of ['array', 'null'] as const) {
      empty.paging.emptyList = emptyList
      const { messages, error } = await runStreams(empty, [id], { method })
      assert.equal(error, undefined)
      assert.deepEqual(
        messages.filter(({ type }) => type === 'RECORD'),
        [],
      )
    }
    empty.paging.emptyList = 'absent'
    const { error } = await runStreams(empty, [id], { method })
    assert.equal(error?.code, 'BAD_RESPONSE')
  })

  test(`${id}: a key without its scope stops this stream and no other`, async () => {
    const key = 'key-without-scope'
    sandbox.keys.set(key, { region: 'us', refused: [nameOf(definition)] })
    const settings = { app_api_key: key }
    const { state, error } = await runStreams(sandbox, LISTED_NAMES, { settings })
    assert.equal(error?.code, 'FORBIDDEN')
    const bookmarks = Object.entries(state['bookmarks'] as JsonObject)
    const complete = bookmarks.flatMap(([name, bookmark]) =>
      isJsonObject(bookmark) && bookmark['rows'] !== undefined ? [name] : [],
    )
    const children = LISTED_STREAMS.filter(
      (other) => other.kind === 'children' && other.parent.stream === id,
    )
    const unread = [id, ...children.map((child) => child.id)]
    assert.deepEqual(
      complete.toSorted(),
      LISTED_NAMES.filter((name) => !unread.includes(name)).toSorted(),
    )
  })
}

test('pages of any size and every form of the end of a list give the same rows', async (t) => {
  const paged = LISTED_STREAMS.filter(({ pageRows }) => pageRows !== undefined).map(({ id }) => id)
  const world = createWorld()
  const rowsIn = async (paging: Partial<Sandbox['paging']>) => {
    const one = await startSandbox({ rate: NO_LIMIT, world, paging })
    t.after(async () => one.close())
    const { messages, error } = await runStreams(one, paged, { method: 'FULL_TABLE' })
    assert.equal(error, undefined)
    const tables = new Tables()
    tables.load(messages)
    return paged.map((id) => [...tables.rows(id).keys()].toSorted())
  }
  const expected = paged.map((id) => [...worldRows(world, definitionOf(id)).keys()].toSorted())
  for (const size of [1, 2, 3, 7])
    for (const lastNext of ['empty', 'null', 'absent'] as const) {
      const sizes = { newsletterMaxLimit: size, senderMaxLimit: size, actionLimit: size }
      const hasTrailingPage = size % 2 === 0
      assert.deepEqual(await rowsIn({ ...sizes, lastNext, hasTrailingPage }), expected)
    }
})
