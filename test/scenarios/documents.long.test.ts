import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { emptyWorld } from '../../src/sandbox/world.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { catalogWith, setMetadata } from '../e2e/support/connection.ts'
import { messagesOf, recordsOf, run } from '../support/programs.ts'
import { criticalOf, workspaceOf } from './workspace.ts'

test('T64: warns about an unknown stream in the catalog, and reads nothing if none is selected', async (t) => {
  const workspace = await workspaceOf(t)
  const catalog = await catalogWith((stream) => setMetadata(stream, [], { selected: false }))
  const streams = catalog['streams'] as JsonObject[]
  streams.push({ ...streams[0], stream: 'imports', tap_stream_id: 'imports' })
  const state = { bookmarks: { newsletters: { updated: '2026-01-31T12:00:00Z' } }, kept: [1] }
  const { code, stdout, stderr } = await workspace.sync({ catalog, state })
  assert.equal(code, 0, stderr)
  assert.match(stderr, /WARNING The catalog names a stream that this tap does not have\. .*imports/)
  assert.match(stderr, /WARNING No stream is selected/)
  assert.deepEqual(messagesOf(stdout), [{ type: 'STATE', value: state }])
  assert.equal(workspace.sandbox.requests.length, 0)
  await workspace.healthy({ state: null })
})

test('T64: a catalog whose metadata is null or an empty list selects everything', async (t) => {
  for (const metadata of [null, []]) {
    const workspace = await workspaceOf(t)
    const catalog = await catalogWith((stream) => Object.assign(stream, { metadata }))
    await workspace.healthy({ catalog })
  }
})

test('T64: writes key properties even if the catalog deselects them', async (t) => {
  const workspace = await workspaceOf(t)
  const catalog = await catalogWith((stream) => {
    for (const { breadcrumb } of stream['metadata'] as { breadcrumb: string[] }[]) {
      if (breadcrumb.length > 0) setMetadata(stream, breadcrumb, { selected: false })
    }
  })
  const { code, stdout, stderr } = await workspace.sync({ catalog })
  assert.equal(code, 0, stderr)
  const kept: Record<string, string[]> = {
    newsletters: ['id', 'updated'],
    campaigns: ['id', 'updated'],
    campaign_actions: ['campaign_id', 'id', 'updated'],
  }
  for (const message of messagesOf(stdout)) {
    if (message.type !== 'RECORD') continue
    assert.deepEqual(Object.keys(message.record).toSorted(), kept[message.stream])
  }
  await workspace.healthy({ state: null })
})

test('T64: never writes values of deselected properties, even if they do not fit their types', async (t) => {
  const world = emptyWorld()
  const secret = { tags: 'a secret', sent_at: 'a secret', subscription_topic_id: 'kept' }
  world.newsletters.push({ id: 1, created: 1, updated: 1, ...secret, more: 'kept' })
  const workspace = await workspaceOf(t, { world })
  const catalog = await catalogWith((stream) => {
    if (stream['stream'] !== 'newsletters') return
    for (const name of ['tags', 'sent_at']) {
      setMetadata(stream, ['properties', name], { selected: false })
    }
  })
  const { code, stdout, stderr } = await workspace.sync({ catalog })
  assert.equal(code, 0, stderr)
  const [record] = recordsOf(stdout, 'newsletters')
  assert.deepEqual(record?.['additional_fields'], { subscription_topic_id: 'kept', more: 'kept' })
  assert.doesNotMatch(stdout, /a secret/)
})

test('T64: refuses a catalog that is not JSON, or 50 MB of other data, in one sentence', async (t) => {
  const workspace = await workspaceOf(t)
  const path = join(workspace.folder, 'huge-catalog.json')
  const cases: [string, RegExp][] = [
    ['{"streams": [', /The catalog file .*huge-catalog\.json is not valid JSON\./],
    [`{"streams": "${'x'.repeat(50_000_000)}"}`, /The catalog must be an object with a list/],
  ]
  for (const [content, sentence] of cases) {
    await writeFile(path, content)
    const refused = await workspace.failing(2, { args: ['--catalog', path] })
    assert.match(criticalOf(refused)[0] ?? '', sentence)
    assert.ok(refused.stderr.length < 1000)
  }
  assert.equal(workspace.sandbox.requests.length, 0)
  await workspace.healthy()
})

test('T65: two discoveries are identical, and every record has exactly the properties of its schema', async (t) => {
  const discoveries = await Promise.all(
    ['1', '2'].map(async () => run('tap-customerio', { args: ['--discover'] })),
  )
  assert.equal(discoveries[0]?.stdout, discoveries[1]?.stdout)
  const { streams } = JSON.parse(discoveries[0]?.stdout ?? '') as {
    streams: { stream: string; schema: { properties: JsonObject } }[]
  }
  const workspace = await workspaceOf(t, { world: { campaigns: 10, newsletters: 5 } })
  const { stdout } = await workspace.healthy()
  const properties = new Map(
    streams.map(({ stream, schema }) => [stream, Object.keys(schema.properties).toSorted()]),
  )
  for (const message of messagesOf(stdout)) {
    if (message.type !== 'RECORD') continue
    assert.deepEqual(Object.keys(message.record).toSorted(), properties.get(message.stream))
  }
})
