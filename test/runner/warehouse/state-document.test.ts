import assert from 'node:assert/strict'
import { test } from 'node:test'
import { droppedBookmarks } from '../../../src/runner/warehouse/state-document.ts'

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
