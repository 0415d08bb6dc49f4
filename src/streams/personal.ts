/** Streams of rows about single people. */

import messages from '../../schemas/streams/messages.json' with { type: 'json' }
import { schemaOf, type StreamDefinition } from './definition.ts'

export const PERSONAL_STREAMS = [
  {
    kind: 'windows',
    id: 'messages',
    tier: 'personal',
    isPersonal: true,
    path: '/messages',
    dataKey: 'messages',
    query: { limit: '1000', get_tracked_responses: 'true' },
    /** The vendor's greatest page size. */
    pageRows: 1000,
    keyProperties: ['id'],
    /** A full refresh would retire what Customer.io keeps no longer than 6 months. */
    methods: ['INCREMENTAL'],
    replicationKey: 'created',
    createdField: 'created',
    fingerprintFields: ['id'],
    schema: schemaOf(messages),
    window: {
      from: 'start_ts',
      to: 'end_ts',
      /** The vendor shortens a range of more than 6 months without an error. */
      greatestDays: 30,
      /** Pages are positions, and distant ones are slow. */
      pages: [3, 25],
      /** Opens and clicks are recorded for 6 months, and conversions for 90 days. */
      ages: ['5m', '1h', '6h', '1d', '3d', '7d', '14d', '30d', '60d', '90d', '120d', '180d'],
      /** `<id>:<greatest of metrics>`, seen live; the contract only calls it a string. */
      changedField: 'deduplicate_id',
    },
    copied: {
      from: 'metrics',
      members: {
        sent_at: 'sent',
        delivered_at: 'delivered',
        opened_at: 'opened',
        human_opened_at: 'human_opened',
        clicked_at: 'clicked',
        human_clicked_at: 'human_clicked',
        converted_at: 'converted',
        bounced_at: 'bounced',
        unsubscribed_at: 'unsubscribed',
      },
    },
  },
] as const satisfies readonly StreamDefinition[]
