import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson, type JsonObject } from '../../src/singer/json.ts'
import { definitionOf, STREAMS } from '../../src/streams/index.ts'
import { toRecord } from '../../src/tap/record/record.ts'

const TIME = 1_600_000_000

/** Fields and types of the vendor's documentation, with parents' ids and times that we set. */
const DOCUMENTED: Readonly<Record<string, object>> = {
  broadcasts: {
    id: 2,
    deduplicate_id: `2:${TIME}`,
    created: TIME,
    type: 'triggered_broadcast',
    updated: TIME,
    name: 'Order shipped',
    active: true,
    state: 'running',
    actions: [{ id: 3, type: 'email' }, { id: 4 }, { type: 'webhook' }],
    msg_template_ids: [{ id: 9, type: 'email' }],
    tags: ['orders'],
    first_started: TIME,
    created_by: 'A colleague',
  },
  broadcast_triggers: { id: 1, broadcast_id: 2, created_at: TIME, processed_at: TIME },
  transactional_messages: {
    id: 3,
    name: 'Receipt',
    description: 'After each order',
    send_to_unsubscribed: true,
    link_tracking: false,
    open_tracking: true,
    hide_message_body: false,
    queue_drafts: false,
    created_at: TIME,
    updated_at: TIME,
  },
  transactional_contents: {
    transactional_id: 3,
    id: 139,
    name: 'Receipt',
    created: TIME,
    updated: TIME,
    body: '<p>Thanks</p>',
    language: 'fr',
    type: 'email',
    from: 'shop@example.com',
    from_id: 1,
    reply_to: 'help@example.com',
    reply_to_id: null,
    preprocessor: 'premailer',
    recipient: '{{customer.email}}',
    subject: 'Your receipt',
    cc: '',
    bcc: '',
    fake_bcc: true,
    preheader_text: '',
    body_amp: '',
    headers: '[{"name":"X-Shop","value":"1"}]',
  },
  newsletter_contents: {
    id: 45,
    newsletter_id: 12,
    deduplicate_id: `45:${TIME}`,
    name: '',
    layout: '',
    body: '<p>News</p>',
    language: '',
    type: 'email',
    from: 'news@example.com',
    from_id: 1,
    reply_to: '',
    reply_to_id: 2,
    preprocessor: 'none',
    recipient: '{{customer.email}}',
    subject: 'News',
    bcc: '',
    fake_bcc: false,
    preheader_text: '',
    headers: '[]',
  },
  segments: {
    id: 7,
    deduplicate_id: `7:${TIME}`,
    name: 'Active',
    description: '',
    state: 'finished',
    progress: null,
    type: 'dynamic',
    tags: null,
    created_at: TIME,
    updated_at: TIME,
  },
  segment_usage: { segment_id: 7, campaigns: [5], sent_newsletters: [], draft_newsletters: [12] },
  segment_counts: { segment_id: 7, count: 1, as_of: TIME },
  sender_identities: {
    id: 4534,
    deduplicate_id: `4534:${TIME}`,
    name: 'The shop',
    email: 'shop@example.com',
    phone: '+15550100',
    address: 'The shop <shop@example.com>',
    template_type: 'email',
    auto_generated: false,
    hidden: true,
  },
  subscription_topics: {
    id: 4,
    identifier: 'topic_4',
    name: 'Product news',
    description: 'Releases',
    subscribed_by_default: false,
  },
  subscription_channels: {
    id: 1,
    type: 'email',
    name: 'Email',
    description: 'Email messages',
    subscribed_by_default: true,
  },
  object_types: {
    id: '1',
    name: 'Concerts',
    singular_name: 'Concert',
    slug: 'concerts',
    singular_slug: 'concert',
    icon: 'calendar',
    enabled: true,
  },
  collections: {
    id: 1,
    name: 'events',
    schema: ['name', 'date'],
    rows: 2,
    bytes: 296,
    created_at: TIME,
    updated_at: TIME,
  },
  snippets: { name: 'address', value: '<b>The shop</b>', updated_at: TIME },
  workspaces: {
    id: 13,
    name: 'Production',
    messages_sent: 100_202,
    billable_messages_sent: 75_124,
    people: 25_666,
    objects: 10,
    object_types: 4,
    as_of: TIME,
  },
}

function recordOf(stream: string, raw: object): JsonObject {
  const { schema, keyProperties } = definitionOf(stream)
  return toRecord(parseJson(JSON.stringify(raw)) as JsonObject, { stream, schema, keyProperties })
}

test('what the documentation names fits its column, in every stream of the workspace', () => {
  const left = Object.entries(DOCUMENTED)
    .map(([stream, raw]) => [stream, recordOf(stream, raw)['additional_fields']])
    .filter(([, additional]) => additional !== null)
  assert.deepEqual(left, [])
  const described = STREAMS.filter(({ tier }) => tier === 'workspace').map(({ id }) => id)
  const named = new Set([...Object.keys(DOCUMENTED), 'broadcast_actions'])
  assert.deepEqual(new Set(described), named)
})

test('the id of an object type is an integer, whether it is sent as a string or a number', () => {
  assert.equal(recordOf('object_types', { id: '1' })['id'], 1)
  assert.equal(recordOf('object_types', { id: 1 })['id'], 1)
})

test('the id of a broadcast action is a string here and in its broadcast', () => {
  assert.equal(recordOf('broadcast_actions', { broadcast_id: 2, id: 3 })['id'], '3')
  const { actions } = recordOf('broadcasts', { id: 2, actions: [{ id: 3, type: 'email' }] })
  assert.deepEqual(actions, [{ id: '3', type: 'email' }])
})

test('values that the documentation contradicts are kept as they were sent', () => {
  assert.deepEqual(recordOf('broadcasts', { id: 2, tags: 'nil' })['additional_fields'], {
    tags: 'nil',
  })
  const conditions = { and: [{ segment: { id: 4 } }] }
  assert.deepEqual(recordOf('segments', { id: 7, conditions })['additional_fields'], { conditions })
})
