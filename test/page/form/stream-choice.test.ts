import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formsView } from '../../../src/console/views/forms-view.ts'
import {
  chosenResources,
  countedResources,
  streamGroups,
} from '../../../src/page/form/stream-choice.ts'
import { CORE_STREAM_NAMES, STREAM_NAMES } from '../../../src/streams/index.ts'

const FORMS = formsView()

/** Names of the streams that a document without `resources` reads. */
function readWith(streams: string | string[]): string[] {
  return Object.keys(chosenResources(FORMS, { source: { streams } }))
}

test('a document without resources reads what `source.streams` chooses', () => {
  assert.deepEqual(Object.keys(chosenResources(FORMS, {})), CORE_STREAM_NAMES)
  assert.deepEqual(readWith('core'), CORE_STREAM_NAMES)
  assert.deepEqual(readWith('workspace').slice(0, 4), [...CORE_STREAM_NAMES, 'broadcasts'])
  const withoutPeople = STREAM_NAMES.filter((name) => name !== 'messages')
  assert.deepEqual(readWith(['all']), withoutPeople)
  assert.deepEqual(readWith('messages'), ['messages'])
  const named = ['broadcasts', 'segments']
  for (const streams of [named, 'segments, broadcasts', '["segments","broadcasts"]'])
    assert.deepEqual(readWith(streams), named)
})

test('streams that a document does not list are not chosen', () => {
  const document = { source: { streams: 'all' }, resources: { segments: 'full_refresh' } }
  const resources = chosenResources(FORMS, document)
  assert.deepEqual(resources, { segments: 'full_refresh' })
  const [core, workspace] = streamGroups(FORMS, resources)
  assert.deepEqual([core?.tier, core?.chosen], ['core', []])
  assert.deepEqual([workspace?.tier, workspace?.chosen], ['workspace', ['segments']])
})

test('the core streams come first, and each stream has the modes that it supports', () => {
  const [core, workspace] = streamGroups(FORMS, {})
  assert.deepEqual(
    core?.streams.map(({ stream }) => stream),
    CORE_STREAM_NAMES,
  )
  const modes = new Map(workspace?.streams.map((form) => [form.stream, form.modes]))
  assert.deepEqual(modes.get('segments'), ['incremental', 'full_refresh'])
  assert.deepEqual(modes.get('sender_identities'), ['full_refresh'])
  assert.deepEqual(modes.get('segment_counts'), ['incremental'])
})

test('requests are counted in a mode that the stream supports', () => {
  const resources = { segments: 'full_refresh', sender_identities: 'incremental' }
  assert.deepEqual(countedResources(FORMS, resources), {
    segments: 'incremental',
    sender_identities: 'full_refresh',
  })
})
