/** API objects, and the row that each one must become: all columns that are not null. */

import type { JsonObject } from '../../../src/singer/json.ts'

export interface Shape {
  title: string
  wire: JsonObject
  row: JsonObject
}

export const NEWSLETTER_SHAPES: readonly Shape[] = [
  {
    title: 'the documented example',
    wire: {
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
    },
    row: {
      id: 128275,
      deduplicate_id: '128275:1484870424',
      type: 'email',
      content_ids: [45],
      name: 'Weekly Product Update',
      sent_at: '2016-12-13T18:32:09Z',
      created: '2016-12-13T18:31:59Z',
      updated: '2016-12-13T18:32:09Z',
      recipient_segment_ids: [42, 99],
      tags: ['Product Updates'],
      subscription_topic_id: 5,
    },
  },
  {
    title: 'a draft with empty lists and null lists',
    wire: {
      id: 1,
      deduplicate_id: '1:1692285687',
      content_ids: [],
      name: '',
      sent_at: null,
      created: 1692285669,
      updated: 1692285687,
      type: 'email',
      tags: null,
      recipient_segment_ids: null,
    },
    row: {
      id: 1,
      deduplicate_id: '1:1692285687',
      content_ids: [],
      name: '',
      created: '2023-08-17T15:21:09Z',
      updated: '2023-08-17T15:21:27Z',
      type: 'email',
    },
  },
  {
    title: 'undocumented fields',
    wire: {
      id: 2,
      updated: 1757503812,
      send_state: 'scheduled',
      scheduled_at: 1757930400,
      timezone: 'Europe/Berlin',
      tz_match_enabled: false,
      expires_after: 0,
      recipient_file_status: 'failed',
      recipient_file_error: 'row 12: no such person',
    },
    row: {
      id: 2,
      updated: '2025-09-10T11:30:12Z',
      send_state: 'scheduled',
      scheduled_at: '2025-09-15T10:00:00Z',
      timezone: 'Europe/Berlin',
      tz_match_enabled: false,
      expires_after: 0,
      recipient_file_status: 'failed',
      recipient_file_error: 'row 12: no such person',
    },
  },
  {
    title: 'an unknown channel and unknown fields',
    wire: {
      id: 9,
      name: 'Grüße – 新年快乐 🎉',
      type: 'live_notification',
      updated: 1735689600,
      optimization: { enabled: true, holdout: 0.05, none: null, list: [] },
      flag: null,
    },
    row: {
      id: 9,
      name: 'Grüße – 新年快乐 🎉',
      type: 'live_notification',
      updated: '2025-01-01T00:00:00Z',
      additional_fields: {
        optimization: { enabled: true, holdout: 0.05, none: null, list: [] },
        flag: null,
      },
    },
  },
  {
    title: 'values of an undocumented type',
    wire: {
      id: '10',
      name: 12,
      type: null,
      updated: '1735689600',
      created: 'soon',
      content_ids: ['45', 46],
      tags: 'Product',
      subscription_topic_id: 5.5,
      tz_match_enabled: 'true',
    },
    row: {
      id: 10,
      name: '12',
      updated: '2025-01-01T00:00:00Z',
      content_ids: [45, 46],
      tz_match_enabled: true,
      additional_fields: { created: 'soon', tags: 'Product', subscription_topic_id: 5.5 },
    },
  },
]
