import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bookmarkText,
  droppedBookmarks,
  hasPosition,
  withBookmarkOf,
} from '../../../src/runner/warehouse/state-document.ts'

test('a bookmark without a position counts as dropped, also with members of Meltano', () => {
  const time = '2026-11-24T10:00:00Z'
  const state = {
    bookmarks: {
      campaigns: { replication_key_value: time },
      newsletters: { replication_key: 'updated', replication_key_value: time },
      campaign_actions: { progress: { campaign: 3 } },
    },
  }
  const next = {
    bookmarks: {
      campaigns: { replication_key_value: time },
      newsletters: { replication_key: 'updated', replication_key_value: null },
      campaign_actions: { replication_key_value: null, progress: {} },
    },
  }
  assert.deepEqual(droppedBookmarks(state, next), ['newsletters'])
  assert.deepEqual(droppedBookmarks(next, state), [])
})

function loaded(stream: string, rows: number) {
  return { bookmarks: { [stream]: { rows } } }
}

test('a stream without a replication key has a position once rows are loaded', () => {
  assert.equal(hasPosition(loaded('sender_identities', 5), 'sender_identities'), true)
  assert.equal(hasPosition(loaded('sender_identities', 0), 'sender_identities'), false)
  assert.equal(hasPosition(loaded('newsletters', 5), 'newsletters'), false)
})

test('each stream has its own replication key', () => {
  const time = '2026-01-31T00:00:00Z'
  const state = {
    bookmarks: {
      segments: { updated_at: time },
      campaigns: { updated: time },
      unknown: { updated: time },
    },
  }
  for (const stream of ['segments', 'campaigns', 'unknown'])
    assert.equal(bookmarkText(state, stream), time)
  assert.equal(bookmarkText({ bookmarks: { segments: { updated: time } } }, 'segments'), null)
  assert.throws(() => withBookmarkOf({}, 'segments', { updated: time }), {
    message: 'The bookmark of segments has no `replication_key_value`.',
  })
  assert.throws(() => withBookmarkOf({}, 'sender_identities', { replication_key_value: time }), {
    message: 'The bookmark of sender_identities has no `rows`.',
  })
  assert.deepEqual(withBookmarkOf({}, 'sender_identities', { rows: 5 }), {
    bookmarks: { sender_identities: { rows: 5 } },
  })
})
