import type { JsonObject } from '../../singer/json.ts'

/** The headers of an email are a JSON text. */
const HEADERS = '[{"name":"X-Campaign","value":"autumn"}]'
const PAGE =
  '<!doctype html>\r\n<html lang="de"><body><h1>Grüße, {{customer.first_name}}</h1>\t<p>Über 50 % günstiger – nur heute. 🎉</p></body></html>'

/** Every documented and observed field of the content of a newsletter. */
function newsletterContent(id: number, newsletterId: number, seconds: number): JsonObject {
  return {
    id,
    newsletter_id: newsletterId,
    deduplicate_id: `${id}:${seconds}`,
    name: '',
    type: 'email',
    subject: 'What is new this week',
    body: PAGE,
    body_plain: 'Grüße! Über 50 % günstiger – nur heute.',
    body_amp: '',
    preheader_text: '',
    layout: '<html><body>{{content}}</body></html>',
    language: '',
    preprocessor: 'none',
    from: 'Cher Ami <test@example.com>',
    from_id: 4534,
    reply_to: '',
    reply_to_id: null,
    recipient: '{{customer.email}}',
    cc: '',
    bcc: '',
    fake_bcc: true,
    headers: HEADERS,
    test_group_id: 0,
    created: seconds - 100,
    updated: seconds,
  }
}

/**
 * Contents by newsletter. Newsletters without an entry have the contents of `derived.ts`.
 * Newsletter 2 tests two subjects; newsletter 9 has a field that no documentation names.
 */
export const exampleNewsletterContents: Readonly<Record<string, readonly JsonObject[]>> = {
  1: [{ ...newsletterContent(18, 1, 1692285687), body: '', subject: '', body_plain: '' }],
  2: [
    { ...newsletterContent(61, 2, 1757412105), name: 'Variant A', test_group_id: 4, language: '' },
    {
      ...newsletterContent(62, 2, 1757503812),
      name: 'Variant B',
      test_group_id: 5,
      language: 'de',
      subject: 'Nur für dich, {{customer.first_name}}: 新年快乐',
      preprocessor: 'premailer',
      reply_to: 'replyto@example.com',
      reply_to_id: 38,
      body_amp: '<!doctype html><html amp4email></html>',
    },
  ],
  8: [],
  9: [
    {
      ...newsletterContent(80, 9, 1735689600),
      type: 'live_notification',
      accessibility_check: { score: 0.875, issues: [] },
    },
  ],
  128275: [newsletterContent(45, 128275, 1484870424)],
}

/** Fields of a content that say null where those of newsletters say "". It has no parent's ID. */
function transactionalContent(id: number, seconds: number): JsonObject {
  return {
    id,
    deduplicate_id: `${id}:${seconds}`,
    name: null,
    type: 'email',
    subject: 'Reset your password',
    body: '<p>Use the code {{trigger.code}}.</p>',
    body_amp: null,
    preheader_text: null,
    layout: null,
    language: null,
    preprocessor: 'none',
    from: 'Cher Ami <test@example.com>',
    from_id: 4534,
    reply_to: null,
    reply_to_id: null,
    recipient: '{{trigger.to}}',
    cc: null,
    bcc: null,
    fake_bcc: false,
    headers: null,
    created: seconds - 500,
    updated: seconds,
  }
}

/** The example of the documentation, one with every value, a new one, and one without contents. */
export const exampleTransactional: readonly JsonObject[] = [
  {
    id: 2,
    name: 'password reset',
    description: 'sends a temporary password and lets the customer reset their password.',
    send_to_unsubscribed: true,
    link_tracking: true,
    open_tracking: true,
    hide_message_body: true,
    queue_drafts: true,
    created_at: 1552341937,
    updated_at: 1552341937,
  },
  {
    id: 3,
    name: 'Rechnung für Bestellungen – 領収書',
    description: '',
    trigger_name: 'order_receipt',
    send_to_unsubscribed: false,
    link_tracking: false,
    open_tracking: false,
    hide_message_body: false,
    queue_drafts: false,
    created_at: 1700000000,
    updated_at: 1740000000,
  },
  {
    id: 5,
    name: 'Untitled message',
    description: null,
    trigger_name: null,
    send_to_unsubscribed: true,
    link_tracking: true,
    open_tracking: true,
    hide_message_body: false,
    queue_drafts: false,
    created_at: 1760000000,
    updated_at: 1760000000,
    retention: { days: 30 },
  },
]

/** Contents by transactional message. Message 3 has one for each language. */
export const exampleTransactionalContents: Readonly<Record<string, readonly JsonObject[]>> = {
  2: [transactionalContent(310, 1552341937)],
  3: [
    { ...transactionalContent(311, 1739990000), subject: 'Your receipt', name: 'Receipt' },
    {
      ...transactionalContent(312, 1740000000),
      subject: 'Ihre Rechnung: {{trigger.total}} €',
      language: 'de',
      cc: 'buchhaltung@example.com',
      headers: '[]',
    },
    { ...transactionalContent(313, 1740000000), type: 'twilio', body: 'Paid.', subject: null },
  ],
  5: [],
}
