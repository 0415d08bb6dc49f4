import assert from 'node:assert/strict'
import type { Sandbox } from '../../../src/sandbox/api/server.ts'
import type { StreamRow } from '../../../src/sandbox/rows.ts'
import type { StreamId } from '../../../src/sandbox/streams.ts'
import { isChild } from '../../../src/sandbox/streams.ts'
import { idText } from '../../../src/sandbox/world.ts'
import type { JsonObject, JsonValue } from '../../../src/singer/json.ts'
import { body, readPages } from './reading.ts'

/** How a client reads a stream. */
export interface Served {
  /** `{}` stands for the parent's ID. */
  path: string
  /** Key of the rows in the body. Null: the body is the row. */
  key: string | null
  /** What a stream without rows sends. @default [] */
  empty?: JsonValue
  /** A curated parent without rows. */
  emptyParent?: string
}

export const SERVED: Readonly<Record<StreamId, Served>> = {
  newsletters: { path: '/newsletters', key: 'newsletters' },
  newsletter_contents: { path: '/newsletters/{}/contents', key: 'contents', emptyParent: '8' },
  campaigns: { path: '/campaigns', key: 'campaigns' },
  campaign_actions: { path: '/campaigns/{}/actions', key: 'actions', emptyParent: '1' },
  broadcasts: { path: '/broadcasts', key: 'broadcasts' },
  broadcast_actions: { path: '/broadcasts/{}/actions', key: 'actions', emptyParent: '3' },
  broadcast_triggers: { path: '/broadcasts/{}/triggers', key: 'triggers', emptyParent: '3' },
  transactional_messages: { path: '/transactional', key: 'messages' },
  transactional_contents: {
    path: '/transactional/{}/contents',
    key: 'contents',
    emptyParent: '5',
  },
  messages: { path: '/messages', key: 'messages' },
  segments: { path: '/segments', key: 'segments' },
  segment_usage: { path: '/segments/{}/used_by', key: 'used_by' },
  segment_counts: { path: '/segments/{}/customer_count', key: null },
  sender_identities: { path: '/sender_identities', key: 'sender_identities' },
  subscription_topics: { path: '/subscription_topics', key: 'topics' },
  subscription_channels: { path: '/subscription_channels', key: 'channels' },
  object_types: { path: '/object_types', key: 'types' },
  collections: { path: '/collections', key: 'collections', empty: null },
  snippets: { path: '/snippets', key: 'snippets' },
  workspaces: { path: '/workspaces', key: 'workspaces' },
}

const EVERY_MESSAGE = '/messages?limit=1000&get_tracked_responses=true'

export const STREAMS = Object.keys(SERVED) as StreamId[]

/** The path of the stream, for a parent if it has one. */
export function pathOf(stream: StreamId, parentId: string): string {
  return SERVED[stream].path.replace('{}', parentId)
}

/** The rows of one list over HTTP: all pages, or the one row. */
export async function readList(
  sandbox: Sandbox,
  stream: StreamId,
  parentId: string,
): Promise<JsonObject[]> {
  const path = pathOf(stream, parentId)
  const { key } = SERVED[stream]
  if (key === null) return [await body(sandbox, path)]
  if (key === 'used_by') return [(await body(sandbox, path))[key] as JsonObject]
  if (stream === 'messages') {
    sandbox.paging.messageRangeDays = Infinity
    return (await readPages(sandbox, EVERY_MESSAGE, key)).rows.toReversed()
  }
  const { rows } = await readPages(sandbox, path, key)
  if (stream !== 'sender_identities') return rows
  const hidden = await readPages(sandbox, `${path}?hidden=true`, key)
  assert.ok(hidden.rows.every((row) => row['hidden'] === true))
  return [...rows, ...hidden.rows]
}

/** The rows of a whole stream over HTTP, for the given parents. */
export async function readStream(
  sandbox: Sandbox,
  stream: StreamId,
  parents: readonly JsonObject[],
): Promise<StreamRow[]> {
  if (!isChild(stream)) {
    return (await readList(sandbox, stream, '')).map((row) => ({ row }))
  }
  const found: StreamRow[] = []
  for (const { id } of parents) {
    const parentId = idText(id)
    for (const row of await readList(sandbox, stream, parentId)) found.push({ row, parentId })
  }
  return found
}
