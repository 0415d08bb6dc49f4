/** What Singer and Meltano require of a tap. Titles start with the number of the requirement. */

import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { errorStatus } from '../../src/sandbox/api/answers.ts'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { isJsonObject, type JsonObject } from '../../src/singer/json.ts'
import { catalogWith, setMetadata } from '../e2e/support/connection.ts'
import * as programs from '../support/programs.ts'

const WORLD = { examples: false, newsletters: 3, campaigns: 2, actionsPerCampaign: 2 } as const
const STREAMS = ['newsletters', 'campaigns', 'campaign_actions']

interface Documents {
  catalog?: JsonObject
  state?: JsonObject
  flags?: string[]
  env?: Record<string, string>
}

async function tap(t: TestContext, settings: JsonObject = {}) {
  const sandbox = await startSandbox({ rate: { perSecond: Infinity }, world: { ...WORLD } })
  t.after(() => sandbox.close())
  const folder = await programs.temporaryFolder(t)
  const common = { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 300 }
  const config = await programs.writeJson(folder, 'tap.json', { ...common, ...settings })
  const sync = async ({ catalog, state, flags = [], env = {} }: Documents = {}) => {
    const args = ['--config', config, ...flags]
    if (catalog) args.push('--catalog', await programs.writeJson(folder, 'catalog.json', catalog))
    if (state) args.push('--state', await programs.writeJson(folder, 'state.json', state))
    return programs.run('tap-customerio', { args, env })
  }
  return { sandbox, folder, sync }
}

/** Types and streams of the messages in order. Repeated ones count once. */
function outline(stdout: string): string[] {
  const all = programs
    .messagesOf(stdout)
    .map((one) => (one.type === 'STATE' ? 'STATE' : `${one.type} ${one.stream}`))
  return all.filter((text, at) => text !== all[at - 1])
}

function propertiesOf(stdout: string, stream: string): string[] {
  const schema = programs
    .messagesOf(stdout)
    .find((one) => one.type === 'SCHEMA' && one.stream === stream)
  return schema?.type === 'SCHEMA' ? Object.keys(schema.schema['properties'] as JsonObject) : []
}

test('T-1: sends ACTIVATE_VERSION after the last record of a complete read, but not after a failed one', async (t) => {
  const { sandbox, sync } = await tap(t, { retry_budget_seconds: 0 })
  const catalog = await catalogWith((stream) =>
    setMetadata(stream, [], { 'replication-method': 'FULL_TABLE' }),
  )
  sandbox.faults.add({ match: /campaigns\/1002\/actions/, respond: errorStatus(500) })
  const { code, stdout } = await sync({ catalog })
  assert.equal(code, 5)
  const versions = outline(stdout).filter((text) => text.startsWith('ACTIVATE'))
  assert.deepEqual(versions, ['ACTIVATE_VERSION newsletters', 'ACTIVATE_VERSION campaigns'])
  const lines = outline(stdout)
  assert.ok(lines.indexOf(versions[0] ?? '') > lines.lastIndexOf('RECORD newsletters'))
})

test('T-2: merges settings of several files and of the environment, which wins, and converts strings by type', async (t) => {
  const { folder, sandbox } = await tap(t)
  const first = { app_api_key: 'wrong', api_url: 'http://127.0.0.1:1', cutoff_days: 'many' }
  const second = { api_url: sandbox.url, cutoff_days: '90', emit_activate_version_messages: 'true' }
  const args = [
    '--config',
    await programs.writeJson(folder, 'first.json', first),
    '--config=ENV',
    '--config',
    await programs.writeJson(folder, 'second.json', { ...second, nobody_knows: 1 }),
    '--test=schema',
  ]
  const env = {
    TAP_CUSTOMERIO_APP_API_KEY: sandbox.apiKey,
    TAP_CUSTOMERIO_REQUESTS_PER_SECOND: '300',
  }
  const { code, stderr } = await programs.run('tap-customerio', { args, env })
  assert.equal(code, 0, stderr)
  const bad = { ...env, TAP_CUSTOMERIO_LOOKBACK_SECONDS: 'soon' }
  const refused = await programs.run('tap-customerio', { args, env: bad })
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /`lookback_seconds` must be an integer of at least 0, not "soon"/)
  const ignored = await programs.run('tap-customerio', {
    args: args.filter((arg) => arg !== '--config=ENV'),
    env: bad,
  })
  assert.equal(ignored.code, 0, 'the environment counts only with ENV')
})

test('T-3, N-5: stdout has only the messages, the --about text or the version', async (t) => {
  const { sync } = await tap(t)
  for (const message of programs.messagesOf((await sync({ env: { LOGLEVEL: 'debug' } })).stdout))
    assert.match(message.type, /^(SCHEMA|RECORD|STATE)$/)
  const about = await sync({ flags: ['--about', '--format', 'json'] })
  assert.equal((JSON.parse(about.stdout) as JsonObject)['name'], 'tap-customerio')
  const markdown = await sync({ flags: ['--about', '--format', 'markdown'] })
  assert.match(markdown.stdout, /^# tap-customerio\n[^]*\| `app_api_key` \| string \| yes \|/)
  const text = await sync({ flags: ['--about'] })
  assert.match(text.stdout, /^tap-customerio \d+\.\d+\.\d+: [^]*\n {2}app_api_key \(string\): /)
  assert.equal(about.stderr + markdown.stderr + text.stderr, '')
})

test('T-8: keeps key properties and replication key selected, and honors nested and legacy selection', async (t) => {
  const { sync } = await tap(t)
  const catalog = await catalogWith((stream) => {
    // Meltano's `!*.*` with `select: [campaigns.name]`, its underscore keys, and `selected` in
    // every entry.
    const name = stream['stream'] as string
    for (const { metadata } of stream['metadata'] as { metadata: JsonObject }[])
      metadata['selected'] = false
    stream['replication_method'] = 'INCREMENTAL'
    stream['replication_key'] = 'updated'
    stream['key_properties'] = name === 'campaign_actions' ? ['campaign_id', 'id'] : ['id']
    if (name !== 'campaigns') return
    stream['selected'] = true
    setMetadata(stream, [], { selected: 'true' })
    setMetadata(stream, ['properties', 'name'], { selected: 'true' })
    // The `_schema` extra adds a property and its metadata entry.
    const { properties } = stream['schema'] as { properties: JsonObject }
    properties['added'] = { type: ['null', 'string'] }
    const added = { breadcrumb: ['properties', 'added'] }
    ;(stream['metadata'] as JsonObject[]).push({
      ...added,
      metadata: { inclusion: 'automatic', selected: false },
    })
  })
  const { code, stdout, stderr } = await sync({ catalog })
  assert.equal(code, 0, stderr)
  assert.deepEqual(outline(stdout), ['SCHEMA campaigns', 'RECORD campaigns', 'STATE'])
  assert.deepEqual(propertiesOf(stdout, 'campaigns').toSorted(), ['added', 'id', 'name', 'updated'])
  const [record] = programs.recordsOf(stdout, 'campaigns')
  assert.deepEqual(Object.keys(record ?? {}).toSorted(), ['added', 'id', 'name', 'updated'])
  assert.equal(record?.['added'], null)
})

test('T-9: reads everything without a catalog, and accepts --properties for --catalog', async (t) => {
  const { sync, folder } = await tap(t)
  const { stdout } = await sync()
  for (const stream of STREAMS) assert.ok(programs.recordsOf(stdout, stream).length > 0, stream)
  const none = await catalogWith((stream) => setMetadata(stream, [], { selected: false }))
  const path = await programs.writeJson(folder, 'properties.json', none)
  const empty = await sync({ flags: ['-p', path], state: { bookmarks: { other: { a: 1 } } } })
  assert.equal(empty.code, 0)
  assert.equal(empty.stdout, '{"type":"STATE","value":{"bookmarks":{"other":{"a":1}}}}\n')
  assert.match(empty.stderr, /^WARNING No stream is selected, so nothing was read\.$/m)
})

test('T-10: a forced replication method wins, and SCHEMA has the schema of the catalog', async (t) => {
  const { sync } = await tap(t)
  const catalog = await catalogWith((stream) => {
    setMetadata(stream, [], {
      'replication-method': 'INCREMENTAL',
      'forced-replication-method': 'FULL_TABLE',
    })
    const { properties } = stream['schema'] as { properties: Record<string, JsonObject> }
    properties['name'] = { type: ['null', 'string'], maxLength: 5000 }
  })
  const { stdout } = await sync({ catalog })
  assert.ok(outline(stdout).includes('ACTIVATE_VERSION campaign_actions'))
  const [schema] = programs.messagesOf(stdout)
  assert.ok(schema?.type === 'SCHEMA' && isJsonObject(schema.schema['properties']))
  assert.deepEqual(schema.schema['properties']['name'], {
    type: ['null', 'string'],
    maxLength: 5000,
  })
})

test('T-11, T-13: every STATE is complete, and the last one has no progress of a running sync', async (t) => {
  const { sync } = await tap(t)
  const state: JsonObject = {
    currently_syncing: 'campaigns',
    bookmarks: {
      newsletters: { updated: '2020-01-01T00:00:00Z' },
      campaigns: {
        replication_key: 'updated',
        replication_key_value: '2020-01-01T00:00:00+00:00',
        replication_key_signpost: '2020-01-02T00:00:00+00:00',
        starting_replication_value: '2020-01-01T00:00:00+00:00',
        progress_markers: { Note: 'Progress is not resumable if interrupted.' },
      },
      another_stream: { partitions: [{ context: { id: 7 } }] },
    },
  }
  const catalog = await catalogWith((stream) =>
    setMetadata(stream, [], { selected: stream['stream'] === 'campaigns' }),
  )
  const { code, stdout, stderr } = await sync({ state, catalog })
  assert.equal(code, 0, stderr)
  const given = state['bookmarks'] as JsonObject
  for (const message of programs.messagesOf(stdout)) {
    if (message.type !== 'STATE') continue
    const { bookmarks, ...rest } = message.value as { bookmarks: Record<string, JsonObject> }
    const { campaigns, ...others } = bookmarks
    assert.deepEqual(rest, { currently_syncing: 'campaigns' })
    assert.deepEqual(others, {
      newsletters: given['newsletters'],
      another_stream: given['another_stream'],
    })
    assert.deepEqual(Object.keys(campaigns ?? {}), [
      'replication_key',
      'replication_key_value',
      'start',
      'rows',
      'row_sample',
      'seen',
    ])
  }
})

test('T-12: reads actions without selected campaigns, with one bookmark', async (t) => {
  const { sync } = await tap(t)
  const catalog = await catalogWith((stream) =>
    setMetadata(stream, [], { selected: stream['stream'] === 'campaign_actions' }),
  )
  const { stdout } = await sync({ catalog })
  assert.ok(outline(stdout).every((text) => !/newsletters|campaigns/.test(text)))
  assert.equal(programs.recordsOf(stdout, 'campaign_actions').length, 4)
  const bookmarks = programs.lastStateOf(stdout)?.['bookmarks']
  assert.deepEqual(Object.keys(bookmarks as JsonObject), ['campaign_actions'])
})

test('T-14: with SINGER_SDK_LOG_CONFIG every log line has the eight keys that Meltano requires', async (t) => {
  const { sync, folder } = await tap(t)
  const formatter = { '()': 'singer_sdk.logging.StructuredFormatter' }
  const config = {
    version: 1,
    formatters: { singer_formatter: formatter },
    root: { level: 'DEBUG' },
  }
  const path = await programs.writeJson(folder, 'logging.json', config)
  const { stderr } = await sync({ env: { SINGER_SDK_LOG_CONFIG: path } })
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject)
  const types = {
    level: 'string',
    pid: 'number',
    logger_name: 'string',
    ts: 'number',
    thread_name: 'string',
    app_name: 'string',
    message: 'string',
  }
  for (const line of lines) {
    for (const [key, type] of Object.entries(types)) assert.equal(typeof line[key], type, key)
    assert.ok(line['stream_name'] === null || STREAMS.includes(line['stream_name'] as string))
  }
  const metrics = lines.flatMap((line) =>
    line['message'] === 'METRIC' ? [line['metric_info']] : [],
  )
  const names = new Set((metrics as { metric: string }[]).map(({ metric }) => metric))
  assert.deepEqual([...names].toSorted(), [
    'http_request_count',
    'http_request_duration',
    'record_count',
    'sync_duration',
  ])
})

test('T-16: --test includes deselected streams, and --test=schema makes no request', async (t) => {
  const { sandbox, sync } = await tap(t)
  const catalog = await catalogWith((stream) => setMetadata(stream, [], { selected: false }))
  const expected = STREAMS.map((stream) => `SCHEMA ${stream}`)
  assert.deepEqual(outline((await sync({ catalog, flags: ['--test=schema'] })).stdout), expected)
  assert.equal(sandbox.requests.length, 0)
  const { stdout } = await sync({ catalog, flags: ['--test=all'] })
  for (const stream of STREAMS) assert.equal(programs.recordsOf(stdout, stream).length, 1, stream)
})

test('T-17: every property of every SCHEMA has one type besides null', async (t) => {
  const { sync } = await tap(t)
  for (const message of programs.messagesOf((await sync({ flags: ['--test=schema'] })).stdout)) {
    assert.ok(message.type === 'SCHEMA')
    const { properties } = message.schema as { properties: Record<string, JsonObject> }
    for (const [name, { type, ...rest }] of Object.entries(properties)) {
      const named = [type].flat().filter((one) => one !== 'null')
      assert.equal(named.length, 1, `${message.stream}.${name}`)
      for (const key of ['anyOf', 'oneOf', '$ref']) assert.ok(!(key in rest), name)
    }
  }
})

test('N-7, N-9: the executable starts without a wrapper', async () => {
  const file = join(programs.ROOT, 'bin/tap-customerio.js')
  assert.equal((await stat(file)).mode & 0o111, 0o111)
})
