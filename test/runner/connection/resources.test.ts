import assert from 'node:assert/strict'
import { test } from 'node:test'
import connectionSchema from '../../../schemas/config/connection.json' with { type: 'json' }
import { parseConnection } from '../../../src/runner/connection/connection.ts'
import { selectStreams } from '../../../src/runner/connection/stream-selection.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { CORE_STREAM_NAMES, definitionOf, STREAM_NAMES } from '../../../src/streams/index.ts'
import { modesOf } from '../../../src/streams/modes.ts'

test('the schema of the connection file lists exactly the streams, with their modes', () => {
  const { properties } = connectionSchema.properties.resources
  assert.deepEqual(
    Object.entries(properties).map(([name, { enum: modes }]) => [name, modes]),
    STREAM_NAMES.map((name) => [name, modesOf(name)]),
  )
})

/** Streams that `all` reads: those with personal data must be named. */
const WITHOUT_PEOPLE = STREAM_NAMES.filter((name) => definitionOf(name).tier !== 'personal')

function resourcesOf(document: JsonObject): [string, string][] {
  return [...parseConnection(document, '/c.json', {}).resources]
}

test('without resources it reads what source.streams chooses, each in its default mode', () => {
  const source = { app_api_key: 'k' }
  const core = CORE_STREAM_NAMES.map((name) => [name, 'incremental'])
  assert.deepEqual(resourcesOf({ source }), core)
  assert.deepEqual(resourcesOf({ source: { ...source, streams: 'core' } }), core)
  assert.deepEqual(resourcesOf({ source: { ...source, streams: 'segment_usage,broadcasts' } }), [
    ['broadcasts', 'incremental'],
    ['segment_usage', 'full_refresh'],
  ])
  assert.deepEqual(
    resourcesOf({ source: { ...source, streams: 'all' } }),
    WITHOUT_PEOPLE.map((name) => [name, modesOf(name)[0]]),
  )
  assert.deepEqual(resourcesOf({ source: { ...source, streams: ['messages'] } }), [
    ['messages', 'incremental'],
  ])
  const resources = { segments: 'full_refresh' }
  assert.deepEqual(resourcesOf({ source: { ...source, streams: 'all' }, resources }), [
    ['segments', 'full_refresh'],
  ])
})

test('refuses a mode that a stream does not support, and an unknown stream', () => {
  const resources = { sender_identities: 'incremental', segment_counts: 'full_refresh' }
  const document = { source: { app_api_key: 'k', streams: ['brodcasts'] }, resources }
  assert.throws(() => parseConnection(document, '/c.json', {}), {
    message: [
      'The connection file /c.json is not valid:',
      '  - `source.streams` must be core, workspace, all, or a list of streams, which --list-streams prints, not "brodcasts" (did you mean broadcasts?)',
      '  - `resources.sender_identities` must be full_refresh, not "incremental"',
      '  - `resources.segment_counts` must be incremental, not "full_refresh".',
    ].join('\n'),
  })
})

test('overwriting refuses streams that are never read completely', () => {
  const resources = { segments: 'incremental', segment_counts: 'incremental' }
  const destination = { load_method: 'overwrite' }
  assert.throws(
    () => parseConnection({ source: { app_api_key: 'k' }, destination, resources }, '/c.json', {}),
    {
      message:
        'The connection file /c.json is not valid: `destination.load_method` overwrite would keep only changed rows: set `resources.segments` to full_refresh and remove `resources.segment_counts`, or use upsert.',
    },
  )
})

test('a full refresh of a stream that has no such mode is a usage error', () => {
  const source = { app_api_key: 'k', streams: 'workspace' }
  const connection = parseConnection({ source }, '/c.json', {})
  assert.deepEqual(
    [...selectStreams(connection, { only: ['segment_usage'], fullRefresh: ['segments'] })],
    [
      ['segments', 'full_refresh'],
      ['segment_usage', 'full_refresh'],
    ],
  )
  assert.throws(() => selectStreams(connection, { fullRefresh: ['segment_counts'] }), {
    code: 'USAGE',
    message: 'segment_counts cannot be read by full refresh: it must be incremental.',
  })
})
