import type { JsonObject, JsonValue } from '../../singer/json.ts'

const OBJECT_FILTER =
  '{"and":[{"object_attribute":{"type_id":1,"field":"name","operator":"eq","value":"sfa"}},{"object_attribute":{"type_id":1,"field":"renewal_date","operator":"eq","value":"sdfs"}}]}'
const RELATIONSHIP_FILTER =
  '{"and":[{"relationship_attribute":{"type_id":1,"field":"email","operator":"eq","value":"dscs@test.com"}},{"relationship_attribute":{"type_id":1,"field":"trig","operator":"eq","value":"false"}}]}'
const RELATIONSHIP_TRIGGER =
  '{"and":[{"relationship_attribute":{"type_id":1,"field":"trig","operator":"eq","value":"true"}}]}'
const PERSON_FILTER = '{"and":[{"attribute":{"field":"title","operator":"eq","value":"asdca"}}]}'
const AUDIENCE_RELATIONSHIP_FILTER =
  '{"and":[{"relationship_attribute":{"type_id":1,"field":"trig","operator":"eq","value":"asd"}}]}'

const audienceWithTexts: JsonObject = {
  type: 1,
  person_filters: PERSON_FILTER,
  relationship_filters: AUDIENCE_RELATIONSHIP_FILTER,
}

/** The fields that all seven trigger types share, in a running campaign. */
function running(id: number, name: string, type: string): JsonObject {
  return {
    id,
    deduplicate_id: `${id}:${1730000000 + id}`,
    name,
    description: `${name}: kept in step with the product calendar.`,
    type,
    created: 1720000000 + id,
    updated: 1730000000 + id,
    active: true,
    state: 'running',
    actions: [],
    first_started: 1725000000 + id,
    tags: ['new', 'welcome'],
  }
}

/** A real but undocumented `type`, and undocumented fields. */
const observedSegmentAttribute: JsonObject = {
  id: 1,
  deduplicate_id: '1:1747650000',
  name: 'Untitled Campaign 1',
  type: 'seg_attr',
  created: 1747640000,
  updated: 1747650000,
  active: true,
  state: 'running',
  actions: [],
  first_started: 1747645000,
  tags: [],
  scheduled_start: 0,
  scheduled_stop: 0,
  scheduled_start_should_backfill: false,
  scheduled_stop_should_sunset: false,
  created_by: 'ada@example.com',
  event_type: '',
}

/** A draft observed in 2023. */
const observedEvent: JsonObject = {
  id: 4,
  deduplicate_id: '4:1692284670',
  name: 'Order Confirmation',
  type: 'event',
  created: 1692284573,
  updated: 1692284670,
  active: false,
  state: 'draft',
  actions: [
    { id: 25, type: 'attribute_update' },
    { id: 26, type: 'email' },
    { id: 29, type: 'email' },
  ],
  first_started: 0,
  tags: ['Sample'],
  event_name: 'purchase',
}

const segment: JsonObject = {
  ...running(5, 'Welcome series', 'segment'),
  trigger_segment_ids: [90],
  filter_segment_ids: [21, 42],
  msg_templates: [
    { type: 'email', id: 11 },
    { type: 'sms', id: 12 },
    { type: 'push', id: 13 },
    { type: 'slack', id: 14 },
  ],
}

const event: JsonObject = {
  ...running(6, 'Cart abandoned', 'event'),
  filter_segment_ids: [21],
  event_name: 'cart_abandoned',
}

const form: JsonObject = { ...running(7, 'Demo request', 'form'), filter_segment_ids: [42] }

const date: JsonObject = {
  ...running(8, 'Birthday voucher', 'date'),
  filter_segment_ids: [21, 42],
  frequency: 'yearly',
  date_attribute: 'birthday',
  timezone: 'America/Chicago',
  use_customer_timezone: true,
  start_hour: 9,
  start_minutes: 30,
}

const relationship: JsonObject = {
  ...running(9, 'Added to a team', 'relationship'),
  filter_segment_ids: [21],
  object_type_id: 1,
  filter_object_attributes: OBJECT_FILTER,
  filter_relationship_attributes: RELATIONSHIP_FILTER,
  audience: audienceWithTexts,
  relationship_attribute_triggers: RELATIONSHIP_TRIGGER,
}

const object: JsonObject = {
  ...running(10, 'Account renewal', 'object'),
  filter_segment_ids: [42],
  object_type_id: 1,
  filter_object_attributes: OBJECT_FILTER,
  filter_relationship_attributes: RELATIONSHIP_FILTER,
  audience: { type: 0 },
  object_attribute_triggers: OBJECT_FILTER,
}

const webhook: JsonObject = { ...running(11, 'Ticket closed', 'webhook'), webhook_id: 3 }

/**
 * The documentation declares these fields as objects but shows strings. Here they are objects.
 */
const relationshipWithObjects: JsonObject = {
  ...running(12, 'Left a team', 'relationship'),
  object_type_id: 2,
  audience: {
    type: 1,
    person_filters: JSON.parse(PERSON_FILTER) as JsonValue,
    relationship_filters: JSON.parse(AUDIENCE_RELATIONSHIP_FILTER) as JsonValue,
  },
  relationship_attribute_triggers: JSON.parse(RELATIONSHIP_TRIGGER) as JsonValue,
}

const objectWithObjects: JsonObject = {
  ...running(13, 'Contract signed', 'object'),
  object_type_id: 2,
  audience: { type: 1, person_filters: JSON.parse(PERSON_FILTER) as JsonValue },
  object_attribute_triggers: JSON.parse(OBJECT_FILTER) as JsonValue,
}

/** A stopped campaign with null for every list. */
const stoppedWithNullLists: JsonObject = {
  ...running(14, 'Win-back 2024', 'segment'),
  active: false,
  state: 'stopped',
  actions: null,
  tags: null,
  trigger_segment_ids: null,
}

/**
 * Without the field that Customer.io announced to remove, with an unknown field and an
 * undocumented state.
 */
const withUnknownField: JsonObject = {
  id: 15,
  deduplicate_id: '15:1492548073',
  name: '',
  created: 1492540000,
  updated: 1492548073,
  active: false,
  state: 'archived',
  actions: [],
  first_started: 0,
  tags: [],
  journey_goal: { metric: 'converted', target: 0.125, owners: ['ada', null] },
}

/**
 * Campaigns of every documented trigger type, every observed record, and two more: one whose
 * actions fill exactly one page, and one with a row more.
 */
export const exampleCampaigns: readonly JsonObject[] = [
  observedSegmentAttribute,
  observedEvent,
  segment,
  event,
  form,
  date,
  relationship,
  object,
  webhook,
  relationshipWithObjects,
  objectWithObjects,
  stoppedWithNullLists,
  withUnknownField,
  { ...running(20, 'Onboarding, ten steps', 'event'), event_name: 'signed_up' },
  { ...running(21, 'Onboarding, eleven steps', 'event'), event_name: 'signed_up' },
]
