import type { JsonObject } from '../../singer/json.ts'
import type { Deliveries, NewDelivery } from '../deliveries/store.ts'
import { addDelivery, noDeliveries } from '../deliveries/store.ts'

/** Ada has all identifiers; Kim only an address. */
const ada: JsonObject = {
  customer_id: 'ada',
  customer_identifiers: { id: 'ada', email: 'ada@example.com', cio_id: 'a3000001' },
  recipient: 'ada@example.com',
}
const kim: JsonObject = {
  customer_id: null,
  customer_identifiers: { id: null, email: 'kim@example.com', cio_id: 'a3000002' },
  recipient: 'kim@example.com',
}

interface Example {
  id: string
  created: number
  isDraft?: boolean
  fields: JsonObject
  metrics: Record<string, number>
}

const EXAMPLES: readonly Example[] = [
  {
    // The identifier and the values of the documented message.
    id: 'ag1q6QWq6QUBAAF4_CGoeVX7mFkDbRFu7ek=',
    created: 1619137767,
    fields: {
      ...ada,
      msg_template_id: 15,
      action_id: 96,
      parent_action_id: 1,
      subject: 'Did you get that thing I sent you?',
      campaign_id: 5,
      trigger_event_id: '01F3Z2Q3VYB9P5WTWHK1XQ2Y5S',
      type: 'email',
    },
    metrics: { delivered: 1619137768, sent: 1619137768 },
  },
  {
    // A click that came long after, and metrics that no documentation names.
    id: 'dgPz8wEFAPnzAfjzAQGTWkqaJ8gH2ZbP8sT1Uw==',
    created: 1481653935,
    fields: {
      ...kim,
      msg_template_id: 45,
      content_id: 45,
      newsletter_id: 128275,
      subject: 'Weekly Product Update',
      type: 'email',
    },
    metrics: {
      attempted: 1481653936,
      sent: 1481653937,
      delivered: 1481653938,
      'secondary:delivered': 1481653939,
      opened: 1481657535,
      human_opened: 1481657535,
      clicked: 1487000000,
      human_clicked: 1487000000,
      'link:1': 1487000000,
      'human_link:1': 1487000000,
      converted: 1487000500,
      unsubscribed: 1487000900,
    },
  },
  {
    id: 'dgOyswEEAMHzAcDzAQGT_yDq0VxN3ZtQ5m8K7A==',
    created: 1760000100,
    fields: {
      ...ada,
      msg_template_id: 313,
      transactional_message_id: 3,
      content_id: null,
      subject: null,
      recipient: '+15550100001',
      type: 'twilio',
    },
    metrics: { sent: 1760000101, undeliverable: 1760000130 },
  },
  {
    id: 'dgTM2gEDANbNAtXNAgGVb3Xq5c1L0n9Y2rE4WQ==',
    created: 1760000200,
    fields: {
      ...ada,
      action_id: 110,
      campaign_id: 5,
      type: 'in_app',
      tracked_responses: { rating: 'Very satisfied' },
    },
    metrics: { sent: 1760000201, delivered: 1760000201, opened: 1760003800, clicked: 1760003810 },
  },
  {
    // No metric has been recorded, and the person is gone from the message.
    id: 'dgPfqQQHAKzuBKvuBAGVjMZ8p7R2uXv1hS6fTg==',
    created: 1760000200,
    fields: { customer_id: null, recipient: '', action_id: 42, broadcast_id: 2, type: 'webhook' },
    metrics: {},
  },
  {
    id: 'dgPfqQQHAMzuBMvuBAGVk0NnY3Lw8kJt5dV2Bq==',
    created: 1760000300,
    fields: {
      ...kim,
      action_id: 41,
      broadcast_id: 2,
      type: 'push',
      failure_message: 'the device token is not registered',
    },
    metrics: { attempted: 1760000301, sent: 1760000301, bounced: 1760000302, failed: 1760000302 },
  },
  {
    id: 'dgKh7gEAAJTvAZPvAQGVr4cR9sD1zFy6eU3GxM==',
    created: 1760000400,
    isDraft: true,
    fields: { ...kim, msg_template_id: 12, action_id: 26, campaign_id: 4, type: 'email' },
    metrics: { drafted: 1760000400 },
  },
]

/** The curated deliveries, in new lists. */
export function exampleDeliveries(): Deliveries {
  const deliveries = noDeliveries()
  for (const { isDraft = false, ...example } of EXAMPLES) {
    const added: NewDelivery = { ...example, isDraft, visibleAt: example.created }
    addDelivery(deliveries, added)
  }
  return deliveries
}
