/** The fields of a new row, as Customer.io fills them in. */

import type { JsonObject, JsonValue } from '../singer/json.ts'
import type { ChildId, ListId, StreamId } from './streams.ts'
import { idText } from './world.ts'

export interface NewRow {
  id: JsonValue
  /** Undefined for a row of a list. */
  parentId: JsonValue
  /** Epoch seconds. */
  now: number
}

/** Streams whose rows are added with these fields. */
export type AddedId = Exclude<
  StreamId,
  'newsletters' | 'campaigns' | 'campaign_actions' | 'segment_usage' | 'segment_counts' | 'messages'
>

function times(now: number): JsonObject {
  return { created_at: now, updated_at: now }
}

function templateFields({ id, now }: NewRow): JsonObject {
  return {
    id,
    deduplicate_id: `${idText(id)}:${now}`,
    name: '',
    type: 'email',
    subject: 'News for you',
    body: '<p>Hi {{customer.first_name}},</p>',
    recipient: '{{customer.email}}',
    created: now,
    updated: now,
  }
}

const LIST_ROWS: { [Id in Extract<AddedId, ListId>]: (row: NewRow) => JsonObject } = {
  broadcasts: ({ id, now }) => ({
    id,
    deduplicate_id: `${idText(id)}:${now}`,
    name: 'Untitled broadcast',
    type: 'triggered_broadcast',
    created: now,
    updated: now,
    active: false,
    state: 'draft',
    actions: [],
    first_started: 0,
    tags: [],
  }),
  transactional_messages: ({ id, now }) => ({
    id,
    name: 'Untitled message',
    description: '',
    send_to_unsubscribed: true,
    link_tracking: true,
    open_tracking: true,
    hide_message_body: false,
    queue_drafts: false,
    ...times(now),
  }),
  segments: ({ id, now }) => ({
    id,
    deduplicate_id: `${idText(id)}:${now}`,
    name: 'Untitled segment',
    description: '',
    state: 'finished',
    progress: null,
    type: 'dynamic',
    tags: null,
    ...times(now),
  }),
  sender_identities: ({ id, now }) => ({
    id,
    deduplicate_id: `${idText(id)}:${now}`,
    name: 'Team',
    email: 'team@example.com',
    address: 'Team <team@example.com>',
    template_type: 'email',
    auto_generated: false,
    hidden: false,
  }),
  subscription_topics: ({ id }) => ({
    id,
    identifier: `topic_${idText(id)}`,
    name: 'Untitled topic',
    description: '',
    subscribed_by_default: false,
  }),
  subscription_channels: ({ id }) => ({
    id,
    type: 'email',
    name: 'Untitled channel',
    description: '',
    subscribed_by_default: true,
  }),
  object_types: ({ id }) => ({
    id: idText(id),
    name: 'Objects',
    singular_name: 'Object',
    slug: 'objects',
    singular_slug: 'object',
    icon: 'calendar',
    enabled: true,
  }),
  collections: ({ id, now }) => ({
    id,
    name: 'untitled',
    schema: [],
    rows: 0,
    bytes: 2,
    ...times(now),
  }),
  snippets: ({ id, now }) => ({
    name: `snippet_${idText(id)}`,
    value: '',
    updated_at: now,
  }),
  workspaces: ({ id }) => ({
    id,
    name: 'Untitled workspace',
    messages_sent: 0,
    billable_messages_sent: 0,
    people: 0,
    object_types: 0,
    objects: 0,
  }),
}

const CHILD_ROWS: { [Id in Extract<AddedId, ChildId>]: (row: NewRow) => JsonObject } = {
  newsletter_contents: (row) => ({
    ...templateFields(row),
    newsletter_id: row.parentId,
    language: '',
    layout: '',
    test_group_id: 0,
  }),
  broadcast_actions: (row) => ({
    ...templateFields(row),
    broadcast_id: row.parentId,
    layout: '',
    sending_state: 'draft',
    language: '',
  }),
  broadcast_triggers: ({ id, parentId, now }) => ({
    id,
    broadcast_id: parentId,
    created_at: now,
    processed_at: null,
  }),
  transactional_contents: (row) => ({ ...templateFields(row), language: null, layout: null }),
}

export const NEW_ROWS: { [Id in AddedId]: (row: NewRow) => JsonObject } = {
  ...LIST_ROWS,
  ...CHILD_ROWS,
}
