/** Deliveries in the form of the API, as they are at an instant of the workspace's clock. */

import type { JsonObject } from '../../singer/json.ts'
import { isJsonObject } from '../../singer/json.ts'
import type { World } from '../world.ts'
import { idText } from '../world.ts'
import type { Delivery } from './store.ts'
import { detailsOf, positionFrom } from './store.ts'

/** The fields of every delivery, in the documented order. */
const FIELDS: JsonObject = {
  msg_template_id: null,
  action_id: null,
  parent_action_id: null,
  customer_id: null,
  customer_identifiers: null,
  recipient: '',
  subject: null,
  metrics: {},
  created: 0,
  failure_message: null,
  newsletter_id: null,
  content_id: null,
  campaign_id: null,
  broadcast_id: null,
  transactional_message_id: null,
  trigger_event_id: null,
  type: 'email',
  forgotten: false,
}
const FORGOTTEN: JsonObject = {
  customer_id: '',
  customer_identifiers: { id: '', email: '', cio_id: '' },
  recipient: '',
  forgotten: true,
}

/** What identifies the person of a delivery. Empty without a person. */
export function personOf(fields: JsonObject): string {
  const identifiers = fields['customer_identifiers']
  return isJsonObject(identifiers) ? idText(identifiers['cio_id']) : ''
}

/** The delivery as its row. Metrics that are recorded later are not in it yet. */
export function deliveryRow({ deliveries, now }: World, delivery: Delivery): JsonObject {
  const nowSeconds = Math.floor(now() / 1000)
  const { id, fields, metrics } = detailsOf(deliveries, delivery)
  const shown = Object.entries(metrics).filter(([, time]) => time <= nowSeconds)
  const { created } = delivery
  const newest = shown.length > 0 ? Math.max(...shown.map(([, time]) => time)) : created
  return {
    id,
    deduplicate_id: `${id}:${newest}`,
    ...FIELDS,
    ...fields,
    created,
    metrics: Object.fromEntries(shown),
    ...(deliveries.forgotten.has(personOf(fields)) && FORGOTTEN),
  }
}

export interface Listing {
  /** Epoch seconds of `created`, both inclusive. */
  from: number
  to: number
  /** Lists only drafts, or only others. */
  areDrafts: boolean
}

/** Everything that is not a draft. */
const ALL: Listing = { from: -Infinity, to: Infinity, areDrafts: false }

/** The deliveries that are visible now, oldest first. */
export function visibleDeliveries({ deliveries, now }: World, listing: Listing): Delivery[] {
  const { from, to, areDrafts } = listing
  const nowSeconds = Math.floor(now() / 1000)
  return deliveries.list
    .slice(positionFrom(deliveries.list, from), positionFrom(deliveries.list, to + 1))
    .filter(({ visibleAt, isDraft }) => isDraft === areDrafts && visibleAt <= nowSeconds)
}

/** The rows that a complete read of messages must find now, oldest first. */
export function deliveryRows(world: World): JsonObject[] {
  return visibleDeliveries(world, ALL).map((one) => deliveryRow(world, one))
}
