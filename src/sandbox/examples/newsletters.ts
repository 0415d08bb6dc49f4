import type { JsonObject } from '../../singer/json.ts'

/** The example of the Customer.io documentation. */
const documented: JsonObject = {
  id: 128275,
  deduplicate_id: '128275:1484870424',
  type: 'email',
  content_ids: [45],
  name: 'Weekly Product Update',
  sent_at: 1481653929,
  created: 1481653919,
  updated: 1481653929,
  recipient_segment_ids: [42, 99],
  tags: ['Product Updates'],
  subscription_topic_id: 5,
}

/** A draft observed in 2023. */
const observedDraft: JsonObject = {
  id: 1,
  deduplicate_id: '1:1692285687',
  content_ids: [18],
  name: 'weekly',
  sent_at: null,
  created: 1692285669,
  updated: 1692285687,
  type: 'email',
  tags: [],
}

/** Every undocumented field that others have observed. */
const withUndocumentedFields: JsonObject = {
  id: 2,
  deduplicate_id: '2:1757503812',
  content_ids: [61, 62],
  name: 'Autumn collection, A/B',
  sent_at: null,
  created: 1757412005,
  updated: 1757503812,
  type: 'email',
  tags: ['Autumn', 'A/B'],
  recipient_segment_ids: [7],
  send_state: 'scheduled',
  scheduled_at: 1757930400,
  timezone: 'Europe/Berlin',
  tz_match_enabled: true,
  expires_after: 86400,
  recipient_file_status: 'failed',
  recipient_file_error: 'row 12: no such person',
}

const channels = ['webhook', 'twilio', 'push', 'in_app', 'inbox'].map(
  (type, index): JsonObject => ({
    id: 3 + index,
    deduplicate_id: `${3 + index}:${1700000000 + index}`,
    content_ids: [70 + index],
    name: `Service notice by ${type}`,
    sent_at: 1700000000 + index,
    created: 1699990000 + index,
    updated: 1700000000 + index,
    type,
    tags: ['Service'],
  }),
)

/** Null and empty lists. */
const withNullLists: JsonObject = {
  id: 8,
  deduplicate_id: '8:1711111111',
  content_ids: [],
  name: 'Nothing selected yet',
  sent_at: null,
  created: 1711111100,
  updated: 1711111111,
  type: 'email',
  tags: null,
  recipient_segment_ids: null,
}

/** Customer.io adds fields and channels without notice. */
const withUnknownField: JsonObject = {
  id: 9,
  deduplicate_id: '9:1735689600',
  content_ids: [80],
  name: 'Grüße aus Zürich – 新年快乐 🎉',
  sent_at: 1735689600,
  created: 1735600000,
  updated: 1735689600,
  type: 'live_notification',
  tags: ['Neujahr'],
  send_time_optimization: { enabled: true, window_hours: 24, holdout: 0.05 },
}

/** The documented newsletter and every observed record. */
export const exampleNewsletters: readonly JsonObject[] = [
  observedDraft,
  withUndocumentedFields,
  ...channels,
  withNullLists,
  withUnknownField,
  documented,
]
