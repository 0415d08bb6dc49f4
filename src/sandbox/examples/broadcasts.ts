import type { JsonObject } from '../../singer/json.ts'

/** The example of the documentation, whose `tags` are a text. */
const documented: JsonObject = {
  id: 2,
  deduplicate_id: '2:1520467200',
  created: 1520467200,
  type: 'triggered_broadcast',
  updated: 1520467200,
  name: 'basic',
  active: true,
  state: 'running',
  actions: [],
  tags: 'nil',
  first_started: 1520467200,
  created_by: 'ExamplePerson',
}

/** A draft with every undocumented field that others have observed. */
const observedDraft: JsonObject = {
  id: 3,
  deduplicate_id: '3:1747650000',
  name: 'Rückruf: Ladegerät 🔌',
  type: 'triggered_broadcast',
  created: 1747640000,
  updated: 1747650000,
  active: false,
  state: 'draft',
  actions: [],
  msg_template_ids: [],
  first_started: 0,
  tags: [],
  created_by: 'ada@example.com',
  scheduled_start: 0,
  scheduled_stop: 0,
  scheduled_start_should_backfill: false,
  scheduled_stop_should_sunset: false,
}

/** A running broadcast whose actions fill more than a page. */
const elevenSteps: JsonObject = {
  id: 16,
  deduplicate_id: '16:1730000016',
  name: 'Outage notice',
  type: 'triggered_broadcast',
  created: 1720000016,
  updated: 1730000016,
  active: true,
  state: 'running',
  actions: [],
  msg_template_ids: [{ type: 'email', id: 36 }],
  first_started: 1725000016,
  tags: ['Service', 'Störung'],
  scheduled_start: 1725000000,
  scheduled_stop: 1795000000,
}

/** A stopped broadcast with null for every list, and an unknown field. */
const stopped: JsonObject = {
  id: 17,
  deduplicate_id: '17:1711111111',
  name: '',
  type: 'triggered_broadcast',
  created: 1711111100,
  updated: 1711111111,
  active: false,
  state: 'stopped',
  actions: null,
  msg_template_ids: null,
  first_started: 1711111105,
  tags: null,
  audience_limit: { people: 1000 },
}

export const exampleBroadcasts: readonly JsonObject[] = [
  documented,
  observedDraft,
  elevenSteps,
  stopped,
]

function action(id: number, broadcastId: number, type: string): JsonObject {
  return {
    id,
    broadcast_id: broadcastId,
    deduplicate_id: `${id - 14}:${1731000000 + id}`,
    name: `Step ${id}`,
    layout: '',
    created: 1721000000 + id,
    updated: 1731000000 + id,
    body: '<p>Hi {{customer.first_name}}, {{trigger.headline}}</p>',
    type,
    sending_state: 'automatic',
    language: '',
    recipient: '{{customer.email}}',
  }
}

/** Actions by broadcast. One ID is a string, as those of campaigns are. */
export const exampleBroadcastActions: Readonly<Record<string, readonly JsonObject[]>> = {
  2: [
    {
      ...action(40, 2, 'email'),
      subject: 'News for {{customer.first_name}}',
      from: 'Cher Ami <test@example.com>',
      from_id: 4534,
      reply_to: '',
      reply_to_id: null,
      preprocessor: 'premailer',
      cc: '',
      bcc: '',
      fake_bcc: true,
      preheader_text: '',
      body_amp: '',
      headers: '[]',
    },
    { ...action(41, 2, 'push'), id: '41', image_url: 'https://images.example.com/news.png' },
    {
      ...action(42, 2, 'webhook'),
      body: '{"person":"{{customer.id}}"}',
      url: 'https://my.example.com/webhook',
      method: 'post',
      headers: '[]',
    },
  ],
  3: [],
  16: Array.from({ length: 11 }, (_, index): JsonObject => ({
    ...action(50 + index, 16, index % 3 === 2 ? 'twilio' : 'email'),
    multi_language_branch_action_id: 49,
    language: ['', 'de', 'pt-BR'][index % 3] ?? '',
  })),
  17: [],
}

function trigger(broadcastId: number, id: number, processedAfter: number | null): JsonObject {
  const created_at = 1725000000 + broadcastId * 1000 + id * 10
  const processed_at = processedAfter === null ? null : created_at + processedAfter
  return { id, broadcast_id: broadcastId, created_at, processed_at }
}

/** Triggers by broadcast, counted for each. The newest one of broadcast 16 is not processed yet. */
export const exampleBroadcastTriggers: Readonly<Record<string, readonly JsonObject[]>> = {
  2: [{ id: 1, broadcast_id: 2, created_at: 1552341937, processed_at: 1 }],
  3: [],
  16: [trigger(16, 1, 3), trigger(16, 2, 0), trigger(16, 3, null)],
  17: [trigger(17, 1, 5)],
}
