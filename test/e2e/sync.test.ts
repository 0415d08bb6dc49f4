import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duplicateCampaign, editAction, insertAction } from '../../src/sandbox/action-edits.ts'
import { editNewsletter, insertCampaign } from '../../src/sandbox/edits.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { recordsOf } from '../support/programs.ts'
import { connect, STREAMS } from './support/connection.ts'
import type { Connection } from './support/connection.ts'
import { assertTruth, keyOf, objectsOf, sorted } from './support/truth.ts'

const WORLD = { newsletters: 130, campaigns: 12, seed: 5 }
/** Keys of the records in the tap's output, by stream. */
function keysIn(messages: string): Record<string, string[]> {
  return Object.fromEntries(
    STREAMS.map((stream) => [stream, recordsOf(messages, stream).map(keyOf).toSorted()]),
  )
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
