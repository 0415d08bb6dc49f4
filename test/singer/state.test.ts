import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject, JsonValue } from '../../src/singer/json.ts'
import { advanced, bookmarkOf, parseState, withBookmark } from '../../src/singer/state.ts'

const NOON = '2026-01-31T12:00:00Z'
const NOON_MS = Date.UTC(2026, 0, 31, 12)
const AT = { stream: 'campaigns', replicationKey: 'updated', parentWord: 'campaign' } as const

function read(bookmark: JsonValue): ReturnType<typeof bookmarkOf> {
  return bookmarkOf({ bookmarks: { campaigns: bookmark } }, 'campaigns', 'updated')
}

test('reads its own format, with progress', () => {
  assert.deepEqual(
    read({
      replication_key: 'updated',
      replication_key_value: NOON,
      version: 7,
      progress: { started_at: NOON, since: null, last_campaign_id: 4, greatest: NOON, version: 8 },
    }),
    {
      valueMs: NOON_MS,
      version: 7,
      progress: { startedAtMs: NOON_MS, lastParentId: 4, greatestMs: NOON_MS, version: 8 },
    },
  )
})

test("reads the formats of the Meltano SDK and of singer-io's tap", () => {
  const sdk = {
    replication_key: 'updated',
    replication_key_value: '2026-01-31T13:00:00+01:00',
    replication_key_signpost: '2026-02-01T00:00:00+00:00',
    progress_markers: { Note: 'Progress is not resumable if interrupted.' },
  }
  assert.deepEqual(read(sdk), { valueMs: NOON_MS })
  assert.deepEqual(read({ updated: '2026-01-31T12:00:00.000000Z' }), { valueMs: NOON_MS })
  assert.deepEqual(read({ updated: '2026-01-31 12:00:00' }), { valueMs: NOON_MS })
})

test('treats a missing bookmark, null and one of another key as none', () => {
  assert.deepEqual(bookmarkOf({}, 'campaigns', 'updated'), {})
  assert.deepEqual(bookmarkOf({ bookmarks: null }, 'campaigns', 'updated'), {})
  assert.deepEqual(bookmarkOf({ bookmarks: {} }, '__proto__', 'updated'), {})
  assert.deepEqual(read(null), {})
  assert.deepEqual(read({}), {})
  assert.deepEqual(read({ replication_key: 'created', replication_key_value: NOON }), {})
})

const UNUSABLE: [JsonValue, string][] = [
  ['2026', 'a bookmark that is not an object'],
  [{ replication_key_value: 1700000000 }, 'a time that is not an RFC 3339 string'],
  [{ updated: '31.01.2026' }, 'a time that is not an RFC 3339 string'],
  [{ version: 1.5 }, 'a version that is not an integer'],
  [{ rows: '12' }, 'a number of rows that is not an integer'],
  [{ start: 'once' }, 'a time that is not an RFC 3339 string'],
  [{ progress: { started_at: NOON } }, 'a `progress` without started_at or last_parent_id'],
  [{ ages: [] }, '`ages` that are not an object'],
  [{ ages: { '5m': 'soon' } }, 'a time that is not an RFC 3339 string'],
  [{ progress: { last_campaign_id: 1 } }, 'a `progress` without started_at or last_parent_id'],
]

for (const [bookmark, what] of UNUSABLE) {
  test(`refuses ${JSON.stringify(bookmark)} instead of reading everything again`, () => {
    assert.throws(() => read(bookmark), {
      code: 'STATE_INVALID',
      message: `The state of campaigns has ${what}.`,
    })
  })
}

test('accepts only a document with bookmarks as a state', () => {
  const documents: JsonValue[] = [
    null,
    [],
    'state',
    { bookmarks: [] },
    { type: 'STATE', value: { bookmarks: {} } },
  ]
  for (const document of documents) {
    assert.throws(() => parseState(document), { code: 'STATE_INVALID' }, JSON.stringify(document))
  }
  for (const document of [{}, { bookmarks: null }, { bookmarks: {} }, { other: 1 }]) {
    assert.equal(parseState(document), document)
  }
})

test('keeps other streams, unknown keys and the rest of the document', () => {
  const state: JsonObject = {
    currently_syncing: null,
    bookmarks: {
      theirs: { replication_key_value: 5 },
      campaigns: {
        note: 'kept',
        updated: '2020-01-01T00:00:00Z',
        replication_key_signpost: 'x',
        progress: { started_at: NOON, last_campaign_id: 1 },
      },
    },
  }
  const copy = structuredClone(state)
  assert.deepEqual(withBookmark(state, AT, { valueMs: NOON_MS }), {
    currently_syncing: null,
    bookmarks: {
      theirs: { replication_key_value: 5 },
      campaigns: {
        note: 'kept',
        replication_key: 'updated',
        replication_key_value: NOON,
        progress: null,
      },
    },
  })
  assert.deepEqual(state, copy)
})

test('reads back every bookmark that it writes', () => {
  const bookmarks = [
    {},
    { valueMs: NOON_MS },
    { valueMs: 0, version: 3 },
    {
      valueMs: NOON_MS + 1,
      progress: { startedAtMs: NOON_MS, sinceMs: 0, lastParentId: 9, greatestMs: 1, version: 2 },
    },
    { progress: { startedAtMs: NOON_MS, lastParentId: 0 } },
    { valueMs: NOON_MS, fingerprint: { createdBeforeMs: NOON_MS, digest: 'ab12' } },
    { valueMs: NOON_MS, startMs: NOON_MS - 5000, rows: 0 },
    { valueMs: NOON_MS, startMs: null, rows: 12 },
    { valueMs: NOON_MS, rows: 1, rowSample: 'AAAAAAE' },
    { valueMs: NOON_MS, unreadParents: [4, 9] },
  ]
  for (const at of [AT, { ...AT, parentWord: 'parent' } as const])
    for (const bookmark of bookmarks) {
      const state = parseState(
        JSON.parse(JSON.stringify(withBookmark({}, at, bookmark))) as JsonObject,
      )
      assert.deepEqual(bookmarkOf(state, 'campaigns', 'updated'), bookmark)
    }
})

test('a stream without a replication key has neither the key nor a value in its state', () => {
  const bookmark = { version: 3, rows: 2, rowSample: 'AAAAAAE' }
  const state = withBookmark({}, { stream: 'snippets' }, bookmark)
  const expected = { version: 3, rows: 2, row_sample: 'AAAAAAE' }
  assert.deepEqual(state, { bookmarks: { snippets: expected } })
  assert.deepEqual(bookmarkOf(state, 'snippets', undefined), bookmark)
})

test('a child stream names its parents in the keys of its state, and reads the older names', () => {
  const progress = { startedAtMs: NOON_MS, lastParentId: 7 }
  const old = withBookmark({}, AT, { progress, unreadParents: [4] })
  const place = { stream: 'campaigns', replicationKey: 'updated' }
  const bookmark = bookmarkOf(old, 'campaigns', 'updated')
  assert.deepEqual(withBookmark(old, place, bookmark)['bookmarks'], {
    campaigns: {
      unread_campaigns: [],
      replication_key: 'updated',
      replication_key_value: null,
      progress: {
        started_at: NOON,
        since: null,
        last_parent_id: 7,
        greatest: null,
        version: null,
        seen: null,
      },
      unread_parents: [4],
    },
  })
})

test('a bookmark advances to the greatest value, never past the start of the sync and never back', () => {
  const startedAtMs = 1000
  const sinceMs = undefined
  assert.equal(advanced(undefined, { greatestMs: 900, startedAtMs, sinceMs }), 900)
  assert.equal(advanced(undefined, { greatestMs: 5000, startedAtMs, sinceMs }), 1000)
  assert.equal(advanced(950, { greatestMs: 900, startedAtMs, sinceMs }), 950)
  assert.equal(advanced(2000, { greatestMs: 900, startedAtMs, sinceMs }), 2000)
  assert.equal(advanced(800, { greatestMs: undefined, startedAtMs, sinceMs }), 800)
  assert.equal(advanced(undefined, { greatestMs: undefined, startedAtMs, sinceMs }), undefined)
  const empty = { greatestMs: undefined, startedAtMs }
  assert.equal(advanced(undefined, { ...empty, sinceMs: 300 }), 300)
  assert.equal(advanced(undefined, { ...empty, sinceMs: 3000 }), undefined)
  assert.equal(advanced(undefined, { greatestMs: 900, startedAtMs, sinceMs: 950 }), 950)
  assert.equal(advanced(undefined, { greatestMs: 900, startedAtMs, sinceMs: 3000 }), undefined)
  assert.equal(advanced(800, { ...empty, sinceMs: 300 }), 800)
})

test('marks of ages are written as times, all of them, and read back', () => {
  const at = { stream: 'messages', replicationKey: 'created' }
  const ages = { '5m': NOON_MS, '1h': NOON_MS - 3_600_000 }
  const state = withBookmark({}, at, { valueMs: NOON_MS, ages })
  assert.deepEqual(state, {
    bookmarks: {
      messages: {
        replication_key: 'created',
        replication_key_value: NOON,
        ages: { '5m': NOON, '1h': '2026-01-31T11:00:00Z' },
      },
    },
  })
  assert.deepEqual(bookmarkOf(state, 'messages', 'created'), { valueMs: NOON_MS, ages })
})
