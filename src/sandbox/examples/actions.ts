import type { JsonObject } from '../../singer/json.ts'

const HEADERS =
  '[{"name":"X-Mailgun-Tag","value":"my-cool-tag"},{"name":"X-Custom-Header","value":"custom-value"}]'
const WHATSAPP_BODY =
  '{"body":"","image_url":"","whatsapp_message_template":{"id":"12345","name":"welcome","language":"en_US","status":"APPROVED","components":[{"type":"BODY","text":"Hello {{1}}"}]},"template_parameters":{"name":"welcome","components":[{"type":"BODY","parameters":[{"type":"text","text":"{{customer.name}}","parameter_name":"name"}]}]}}'

/** Fields of every action. `deduplicate_id` holds a template ID, never the action's ID. */
function action(id: number, campaignId: number, type: string): JsonObject {
  return {
    id: String(id),
    campaign_id: campaignId,
    deduplicate_id: `${id - 14}:${1731000000 + id}`,
    name: `Step ${id}`,
    layout: '',
    created: 1721000000 + id,
    updated: 1731000000 + id,
    body: '',
    type,
    sending_state: 'automatic',
  }
}

function email(id: number, campaignId: number): JsonObject {
  return {
    ...action(id, campaignId, 'email'),
    body: '<p>Hi {{customer.first_name}},</p>',
    language: '',
    from: 'sentFrom@example.com',
    from_id: 1,
    reply_to: '',
    reply_to_id: null,
    recipient: '{{customer.email}}',
    subject: 'Did you get that thing I sent you?',
  }
}

/** A record observed in 2023. */
const observedAttributeUpdate: JsonObject = {
  id: '25',
  campaign_id: 4,
  deduplicate_id: '11:1692284573',
  name: 'Update order count',
  layout: '',
  body: '',
  created: 1692284573,
  updated: 1692284573,
  type: 'attribute_update',
  language: '',
  editor: '',
  recipient: '',
  recipient_environment_id: 144601,
}

/** Every documented field of a message. */
const message: JsonObject = {
  id: '96',
  campaign_id: 5,
  parent_action_id: 1,
  broadcast_id: 2,
  deduplicate_id: '15:1492548073',
  name: 'Opening Message',
  layout: '<html><body>{{content}}</body></html>',
  created: 1552341937,
  updated: 1552341937,
  body: '<h1>Welcome, {{customer.first_name}}</h1>\r\n<p>Your trial has begun.</p>',
  type: 'email',
  sending_state: 'automatic',
  language: 'fr',
  from: 'sentFrom@example.com',
  from_id: 1,
  reply_to: 'replyto@example.com',
  reply_to_id: 38,
  preprocessor: 'premailer',
  recipient: '{{customer.email}}',
  subject: 'Did you get that thing I sent you?',
  cc: 'cc@example.com',
  bcc: 'bcc@example.com',
  fake_bcc: true,
  preheader_text: 'It is on its way',
  body_amp: '<!doctype html><html amp4email></html>',
  headers: HEADERS,
}

/**
 * A message with the fields that the documentation does not name, and an id of the documented type.
 */
const undocumentedMessage: JsonObject = {
  ...email(101, 5),
  id: 101,
  from_id: '1',
  reply_to_id: '38',
  editor: 'bee',
  recipient_environment_id: 144601,
  body_plain: 'Hi {{customer.first_name}},',
  multi_language_branch_action_id: 100,
}

const otherMessages = ['in_app', 'push', 'slack', 'twilio', 'whatsapp'].map((type, index) => ({
  ...action(110 + index, 5, type),
  sending_state: index % 2 === 0 ? 'draft' : 'off',
  language: '',
  recipient: '',
}))

const sms: JsonObject = {
  id: '120',
  campaign_id: 6,
  parent_action_id: 119,
  deduplicate_id: '106:1731000120',
  name: 'Your cart is waiting',
  layout: '',
  created: 1721000120,
  updated: 1731000120,
  body: 'Hi {{customer.first_name}}, your cart is waiting.',
  language: 'fr',
  type: 'twilio',
  image_url: 'https://images.example.com/cart.png',
  sending_state: 'automatic',
  recipient: '',
}

const whatsapp: JsonObject = {
  id: '121',
  campaign_id: 7,
  parent_action_id: 119,
  deduplicate_id: '107:1731000121',
  name: 'Welcome Message',
  created: 1721000121,
  updated: 1731000121,
  body: WHATSAPP_BODY,
  body_json: '{"blocks":[]}',
  language: 'fr',
  type: 'whatsapp',
  sending_state: 'automatic',
  recipient: '',
  sender_identity_id: 9,
  send_to_unsubscribed: false,
  tracked: true,
}

const webhook: JsonObject = {
  ...action(122, 8, 'webhook'),
  parent_action_id: 119,
  name: 'Opening Message',
  body: '{"person":"{{customer.id}}"}',
  url: 'https://my.example.com/webhook',
  headers: HEADERS,
  method: 'post',
}

/** The same fields, with the name that others have observed instead of `method`. */
const observedWebhook: JsonObject = {
  ...action(123, 8, 'webhook'),
  url: 'https://my.example.com/webhook',
  headers: '[]',
  request_method: 'put',
}

/** One message in three languages: three records. The campaign lists one of them. */
const languages = ['', 'de', 'pt-BR'].map((language, index): JsonObject => ({
  ...email(130 + index, 9),
  name: 'Welcome to the team',
  language,
  multi_language_branch_action_id: 129,
}))

const split = [140, 141].map((id): JsonObject => ({ ...email(id, 10), parent_action_id: 139 }))

const withUnknownField: JsonObject = {
  ...email(150, 11),
  updated: 1731090000,
  deduplicate_id: '136:1731090000',
  ai_summary: { tone: 'friendly', scores: [0.25, 1e-7] },
}

/** Actions of every documented type, and every observed record. */
export const exampleActions: readonly JsonObject[] = [
  observedAttributeUpdate,
  { ...email(26, 4), name: 'Order received' },
  { ...email(29, 4), name: 'Order shipped' },
  message,
  undocumentedMessage,
  ...otherMessages,
  sms,
  whatsapp,
  webhook,
  observedWebhook,
  ...languages,
  { ...observedAttributeUpdate, id: '138', campaign_id: 10, deduplicate_id: '124:1692284573' },
  ...split,
  withUnknownField,
  ...Array.from({ length: 10 }, (_, index) => email(200 + index, 20)),
  ...Array.from({ length: 11 }, (_, index) => email(220 + index, 21)),
]
