/**
 * The streams that the sandbox serves. A later one is an entry here, a route in `api/routes.ts` and
 * the fields of a new row in `new-rows.ts`.
 */

/** Streams whose rows are in one list. */
export type ListId =
  | 'newsletters'
  | 'campaigns'
  | 'broadcasts'
  | 'transactional_messages'
  | 'segments'
  | 'sender_identities'
  | 'subscription_topics'
  | 'subscription_channels'
  | 'object_types'
  | 'collections'
  | 'snippets'
  | 'workspaces'

/** Streams with a list of rows for each row of another stream. */
export type ChildId =
  | 'campaign_actions'
  | 'newsletter_contents'
  | 'broadcast_actions'
  | 'broadcast_triggers'
  | 'transactional_contents'
  | 'segment_usage'
  | 'segment_counts'

/** Rows of the stream `messages` are in `deliveries/`, which holds little for each one. */
export type StreamId = ListId | ChildId | 'messages'

interface Entry {
  /** One object, as edits name it. */
  kind: string
  /** Key of the rows in a response. */
  dataKey: string
  /** Key of one row in the response to a request with its ID. */
  singleKey?: string
}

export interface ListEntry extends Entry {
  /** The field that identifies a row. @default 'id' */
  idField?: 'name'
}

export interface ChildEntry extends Entry {
  parent: ListId
  /** Names the parent's ID in edits, and in rows that hold it. */
  parentField: string
  /** Whether each parent has exactly one row, without an ID. @default false */
  isSingle?: true
}

export const LISTS: Readonly<Record<ListId, ListEntry>> = {
  newsletters: { kind: 'newsletter', dataKey: 'newsletters', singleKey: 'newsletter' },
  campaigns: { kind: 'campaign', dataKey: 'campaigns', singleKey: 'campaign' },
  broadcasts: { kind: 'broadcast', dataKey: 'broadcasts', singleKey: 'broadcast' },
  transactional_messages: {
    kind: 'transactional_message',
    dataKey: 'messages',
    singleKey: 'message',
  },
  segments: { kind: 'segment', dataKey: 'segments', singleKey: 'segment' },
  sender_identities: {
    kind: 'sender_identity',
    dataKey: 'sender_identities',
    singleKey: 'sender_identity',
  },
  subscription_topics: { kind: 'subscription_topic', dataKey: 'topics' },
  subscription_channels: { kind: 'subscription_channel', dataKey: 'channels' },
  object_types: { kind: 'object_type', dataKey: 'types' },
  collections: { kind: 'collection', dataKey: 'collections', singleKey: 'collection' },
  snippets: { kind: 'snippet', dataKey: 'snippets', idField: 'name' },
  workspaces: { kind: 'workspace', dataKey: 'workspaces' },
}

export const CHILDREN: Readonly<Record<ChildId, ChildEntry>> = {
  campaign_actions: {
    kind: 'action',
    dataKey: 'actions',
    singleKey: 'action',
    parent: 'campaigns',
    parentField: 'campaign_id',
  },
  newsletter_contents: {
    kind: 'newsletter_content',
    dataKey: 'contents',
    singleKey: 'content',
    parent: 'newsletters',
    parentField: 'newsletter_id',
  },
  broadcast_actions: {
    kind: 'broadcast_action',
    dataKey: 'actions',
    singleKey: 'action',
    parent: 'broadcasts',
    parentField: 'broadcast_id',
  },
  broadcast_triggers: {
    kind: 'broadcast_trigger',
    dataKey: 'triggers',
    parent: 'broadcasts',
    parentField: 'broadcast_id',
  },
  transactional_contents: {
    kind: 'transactional_content',
    dataKey: 'contents',
    parent: 'transactional_messages',
    parentField: 'transactional_id',
  },
  segment_usage: {
    kind: 'segment_usage',
    dataKey: 'used_by',
    parent: 'segments',
    parentField: 'segment_id',
    isSingle: true,
  },
  segment_counts: {
    kind: 'segment_count',
    dataKey: 'count',
    parent: 'segments',
    parentField: 'segment_id',
    isSingle: true,
  },
}

export const DELIVERIES: Readonly<Entry> = {
  kind: 'delivery',
  dataKey: 'messages',
  singleKey: 'message',
}

export const LIST_IDS = Object.keys(LISTS) as ListId[]
export const CHILD_IDS = Object.keys(CHILDREN) as ChildId[]

/** Whether the rows of the stream have a parent. */
export function isChild(stream: StreamId): stream is ChildId {
  return Object.hasOwn(CHILDREN, stream)
}

export function entryOf(stream: StreamId): Readonly<Entry> {
  if (stream === 'messages') return DELIVERIES
  return isChild(stream) ? CHILDREN[stream] : LISTS[stream]
}

/** The child streams of a list. */
export function childrenOf(parent: ListId): ChildId[] {
  return CHILD_IDS.filter((id) => CHILDREN[id].parent === parent)
}
