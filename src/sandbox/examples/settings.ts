/** What people set up once in a workspace: senders, topics, snippets and the like. */

import type { JsonObject } from '../../singer/json.ts'

/** The example of the documentation, two hidden ones, and one for text messages. */
const senders: readonly JsonObject[] = [
  {
    id: 1,
    deduplicate_id: '1:1692285687',
    name: 'Team',
    email: 'hello@example.com',
    address: 'Team <hello@example.com>',
    template_type: 'email',
    auto_generated: true,
    hidden: false,
  },
  {
    id: 9,
    deduplicate_id: '9:1731000121',
    name: '',
    email: '',
    address: '+15005550006',
    template_type: 'whatsapp',
    auto_generated: false,
    hidden: false,
  },
  {
    id: 38,
    deduplicate_id: '38:1700000038',
    name: 'Zoë Ångström',
    email: 'replyto@example.com',
    address: '"Zoë Ångström" <replyto@example.com>',
    template_type: 'email',
    auto_generated: false,
    hidden: true,
  },
  {
    id: 4534,
    deduplicate_id: '4534:1478035647',
    name: 'Cher Ami',
    email: 'test@example.com',
    address: 'Cher Ami <test@example.com>',
    template_type: 'email',
    auto_generated: false,
  },
  {
    id: 4535,
    deduplicate_id: '4535:1478035648',
    name: 'Former colleague',
    email: 'left@example.com',
    address: 'Former colleague <left@example.com>',
    template_type: 'email',
    auto_generated: false,
    hidden: true,
    verified_at: null,
  },
]

/** Topic 5 is that of the documented newsletter. */
const topics: readonly JsonObject[] = [
  {
    id: 1,
    identifier: 'topic_1',
    name: 'Angebote',
    description: 'Höchstens eine E-Mail in der Woche.',
    subscribed_by_default: true,
  },
  {
    id: 5,
    identifier: 'topic_5',
    name: 'Product updates',
    description: '',
    subscribed_by_default: false,
    position: 2,
  },
]

const channels: readonly JsonObject[] = [
  {
    id: 1,
    type: 'email',
    name: 'Email',
    description: 'Email messages',
    subscribed_by_default: true,
  },
  { id: 2, type: 'twilio', name: 'SMS', description: '', subscribed_by_default: false },
]

/** Object types 1 and 2 are those of the curated campaigns. Their IDs are strings. */
const objectTypes: readonly JsonObject[] = [
  {
    id: '1',
    name: 'Concerts',
    singular_name: 'Concert',
    slug: 'concerts',
    singular_slug: 'concert',
    icon: 'calendar',
    enabled: true,
  },
  {
    id: '2',
    name: 'Verträge',
    singular_name: 'Vertrag',
    slug: 'vertraege',
    singular_slug: 'vertrag',
    icon: '',
    enabled: false,
  },
]

const collections: readonly JsonObject[] = [
  {
    id: 1,
    name: 'events',
    schema: ['eventName', 'eventDate', 'eventTickets'],
    rows: 3,
    bytes: 240,
    created_at: 1552341937,
    updated_at: 1552341937,
  },
  {
    id: 4,
    name: 'Preise (€) – 価格',
    schema: [],
    rows: 0,
    bytes: 2,
    created_at: 1740000000,
    updated_at: 1740000000,
  },
]

/** A snippet has a name and no ID. */
const snippets: readonly JsonObject[] = [
  {
    name: 'address',
    value: '<strong>My Company</strong></br>1234 Fake St<br/>Fake,NY<br/>10111',
    updated_at: 1582500000,
  },
  {
    name: 'Fußzeile / footer',
    value: '{% if customer.language == "de" %}Grüße{% else %}Regards{% endif %} 👋\n',
    updated_at: 1745000000,
  },
  { name: 'empty', value: '', updated_at: 1745000001 },
]

/** Every workspace of the account, not only this one. */
const workspaces: readonly JsonObject[] = [
  {
    id: 144601,
    name: 'Production',
    messages_sent: 100202,
    billable_messages_sent: 75124,
    people: 25666,
    object_types: 2,
    objects: 10,
  },
  {
    id: 144602,
    name: 'Test – Köln',
    messages_sent: 0,
    billable_messages_sent: 0,
    people: 0,
    object_types: 0,
    objects: 0,
  },
]

export const exampleSettings = {
  sender_identities: senders,
  subscription_topics: topics,
  subscription_channels: channels,
  object_types: objectTypes,
  collections,
  snippets,
  workspaces,
}
