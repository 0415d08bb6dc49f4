import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { duplicateCampaign, editAction, insertAction } from '../../src/sandbox/action-edits.ts'
import { deleteNewsletter, editNewsletter, insertCampaign } from '../../src/sandbox/edits.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { messagesOf, recordsOf, temporaryFolder } from '../support/programs.ts'
import { catalogWith, connect, query, SCHEMA, setMetadata, STREAMS } from './support/connection.ts'
import type { Connection } from './support/connection.ts'
import { keyOf, objectsOf, sorted, truthOf } from './support/truth.ts'

const WORLD = { newsletters: 130, campaigns: 12, seed: 5 }
/** Keys of the records in the tap's output, by stream. */
function keysIn(messages: string): Record<string, string[]> {
  return Object.fromEntries(
    STREAMS.map((stream) => [stream, recordsOf(messages, stream).map(keyOf).toSorted()]),
  )
}

async function assertTruth({ sandbox, rows }: Connection): Promise<void> {
  for (const stream of STREAMS) {
    assert.deepEqual(sorted(await rows(stream)), truthOf(sandbox.world, stream), stream)
  }
}

/** Keys of the objects with the newest update, which an incremental sync reads again. */
function newestKeys({ sandbox }: Connection): Record<string, string[]> {
  return Object.fromEntries(
    STREAMS.map((stream) => {
      const objects = objectsOf(sandbox.world, stream)
      const newest = Math.max(...objects.map((one) => Number(one['updated'])))
      return [stream, objects.filter((one) => one['updated'] === newest).map(keyOf)]
    }),
  )
}

test('loads every row of the workspace with every field', async (t) => {
  const connection = await connect(t, { sandbox: { world: WORLD } })
  const { state } = await connection.sync()
  await assertTruth(connection)
  assert.deepEqual(Object.keys(state['bookmarks'] as JsonObject), [...STREAMS])
})

/** The state without the time of the sync, the only difference when nothing was edited. */
function withoutClock(state: unknown): unknown {
  return JSON.parse(
    JSON.stringify(state, (key, value: unknown) => (key === 'before' ? undefined : value)),
  )
}

test('a second run with the state changes no row', async (t) => {
  const connection = await connect(t, { sandbox: { world: WORLD } })
  const first = await connection.sync()
  const before = await Promise.all(STREAMS.map((stream) => connection.rows(stream)))
  const second = await connection.sync({ state: first.state })
  const after = await Promise.all(STREAMS.map((stream) => connection.rows(stream)))
  assert.deepEqual(after.map(sorted), before.map(sorted))
  assert.deepEqual(keysIn(second.messages), newestKeys(connection))
  assert.deepEqual(withoutClock(second.state), withoutClock(first.state))
})

test('a later run reads only the edits, and the warehouse matches the workspace again', async (t) => {
  const connection = await connect(t, { sandbox: { world: WORLD } })
  const { world } = connection.sandbox
  const { state } = await connection.sync()
  const newest = newestKeys(connection)
  editNewsletter(world, 128275, { name: 'Weekly news, renamed', tags: [] })
  const campaignId = Number(insertCampaign(world, { name: 'Brand new', tags: null })['id'])
  const inserted = [insertAction(world, campaignId), insertAction(world, campaignId)]
  editAction(world, { campaignId: 21, actionId: '224' }, { subject: 'Edited', from_id: null })
  const copyId = Number(duplicateCampaign(world, 5)['id'])
  const copies = objectsOf(world, 'campaign_actions').filter(
    (action) => action['campaign_id'] === copyId,
  )
  assert.equal(copies.length, 7)
  const { messages } = await connection.sync({ state })
  assert.deepEqual(keysIn(messages), {
    newsletters: [...(newest['newsletters'] ?? []), '0/128275'].toSorted(),
    campaigns: [...(newest['campaigns'] ?? []), `0/${campaignId}`, `0/${copyId}`].toSorted(),
    campaign_actions: [
      ...(newest['campaign_actions'] ?? []),
      ...inserted.map(keyOf),
      '21/224',
      ...copies.map(keyOf),
    ].toSorted(),
  })
  await assertTruth(connection)
})

test('two connections with different prefixes share a schema', async (t) => {
  const database = join(await temporaryFolder(t), 'shared.duckdb')
  const first = await connect(t, { database, prefix: 'eu_', sandbox: { world: { campaigns: 2 } } })
  const second = await connect(t, {
    database,
    prefix: 'us_',
    sandbox: { world: { examples: false, newsletters: 4, campaigns: 3 } },
  })
  await first.sync()
  await second.sync()
  await assertTruth(first)
  await assertTruth(second)
  const tables = await query(
    database,
    `select table_name from duckdb_tables() where schema_name = '${SCHEMA}' order by 1`,
  )
  assert.deepEqual(
    tables.map((row) => row['table_name']),
    ['eu_', 'us_'].flatMap((prefix) =>
      ['_sdc_loads', 'campaign_actions', 'campaigns', 'newsletters'].map((name) => prefix + name),
    ),
  )
})

test('a deselected property is in no SCHEMA, no RECORD and no table', async (t) => {
  const connection = await connect(t)
  const catalog = await catalogWith((stream) => {
    if (stream['stream'] !== 'campaign_actions') {
      setMetadata(stream, ['properties', 'tags'], { selected: false })
    } else setMetadata(stream, [], { selected: false })
  })
  const { messages } = await connection.sync({ catalog })
  const streams = new Set<string>()
  for (const message of messagesOf(messages)) {
    if (message.type === 'STATE') continue
    streams.add(message.stream)
    if (message.type === 'RECORD') assert.equal('tags' in message.record, false)
    if (message.type === 'SCHEMA') {
      assert.equal('tags' in (message.schema['properties'] as JsonObject), false)
    }
  }
  assert.deepEqual([...streams], ['newsletters', 'campaigns'])
  for (const stream of ['newsletters', 'campaigns'] as const) {
    const expected = truthOf(connection.sandbox.world, stream)
    for (const row of expected) delete row['tags']
    assert.deepEqual(sorted(await connection.rows(stream)), expected)
  }
})

const FULL_TABLE = catalogWith((stream) =>
  setMetadata(stream, [], { 'replication-method': 'FULL_TABLE' }),
)

test('a full refresh soft deletes a newsletter that was deleted at the source', async (t) => {
  const connection = await connect(t)
  const { state } = await connection.sync({ catalog: await FULL_TABLE })
  deleteNewsletter(connection.sandbox.world, 128275)
  await connection.sync({ catalog: await FULL_TABLE, state })
  const rows = await connection.rows('newsletters', { withMetadata: true })
  const marked = rows.filter((row) => row['_sdc_deleted_at'] !== null)
  assert.deepEqual(
    marked.map((row) => row['id']),
    [128275],
  )
  assert.equal(rows.length, connection.sandbox.world.newsletters.length + 1)
})

test('a full refresh with hard_delete leaves exactly the rows of the source', async (t) => {
  const connection = await connect(t, { target: { hard_delete: true } })
  const { state } = await connection.sync({ catalog: await FULL_TABLE })
  deleteNewsletter(connection.sandbox.world, 128275)
  await connection.sync({ catalog: await FULL_TABLE, state })
  await assertTruth(connection)
})
