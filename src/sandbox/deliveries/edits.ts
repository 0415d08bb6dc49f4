/**
 * What happens to deliveries. Times are epoch seconds. Throws RangeError for an unknown delivery.
 */

import type { JsonObject, JsonValue } from '../../singer/json.ts'
import { isJsonObject } from '../../singer/json.ts'
import type { Changes } from '../change.ts'
import { nowSeconds, withChanges } from '../change.ts'
import type { World } from '../world.ts'
import { idText } from '../world.ts'
import { deliveryRow, personOf } from './row.ts'
import type { Delivery, Details } from './store.ts'
import { addDelivery, detailsOf, positionOf } from './store.ts'

function timeOf(value: JsonValue | undefined, name: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new RangeError(`\`${name}\` must be epoch seconds.`)
}

function metricsOf(value: JsonValue): Record<string, number> {
  if (!isJsonObject(value)) throw new RangeError('`metrics` must be an object.')
  return Object.fromEntries(
    Object.entries(value).map(([name, time]) => [name, timeOf(time, name) ?? 0]),
  )
}

const PERSON: JsonObject = {
  customer_id: 'ada',
  customer_identifiers: { id: 'ada', email: 'ada@example.com', cio_id: 'a3000001' },
  recipient: 'ada@example.com',
}

/**
 * Adds a delivery that was created now and is already delivered, or a draft, and returns its row.
 * @param set fields as the API sends them; `draft`; and `visible_at`, when lists show it
 */
export function deliver(world: World, set: Changes = {}): JsonObject {
  const { id, created: asked, visible_at, draft, metrics, ...others } = set
  const { deduplicate_id: _deduplicated, ...fields } = others
  const now = nowSeconds(world)
  const created = timeOf(asked, 'created') ?? now
  const isDraft = draft === true
  const usual = isDraft ? { drafted: created } : { sent: created, delivered: created }
  const delivery = addDelivery(world.deliveries, {
    ...(id !== undefined && { id: idText(id) }),
    created,
    visibleAt: timeOf(visible_at, 'visible_at') ?? Math.max(created, now),
    isDraft,
    fields: withChanges({ ...PERSON, subject: 'News for you' }, fields),
    metrics: metrics === undefined ? usual : metricsOf(metrics),
  })
  world.revision++
  return deliveryRow(world, delivery)
}

/** Adds a delivery that was created in the past and appears in lists only now. */
export function appearLate(world: World, created: number, set: Changes = {}): JsonObject {
  if (created >= nowSeconds(world)) throw new RangeError('`created` must be in the past.')
  return deliver(world, { ...set, created })
}

interface Found {
  at: number
  delivery: Delivery
  details: Details
}

function find({ deliveries }: World, id: string): Found {
  const at = positionOf(deliveries, id)
  const delivery = deliveries.list[at]
  if (!delivery) throw new RangeError(`The workspace has no delivery ${id}.`)
  return { at, delivery, details: detailsOf(deliveries, delivery) }
}

function store(world: World, { at, delivery, details }: Found): JsonObject {
  world.deliveries.list[at] = delivery
  world.deliveries.details.set(delivery.serial, details)
  world.revision++
  return deliveryRow(world, delivery)
}

/**
 * Changes fields and returns the row. New `metrics` replace all of them; `id` and `created` stay.
 */
export function editDelivery(world: World, id: string, changes: Changes): JsonObject {
  const found = find(world, id)
  const { metrics, id: _id, created: _created, deduplicate_id: _deduplicated, ...fields } = changes
  const details = {
    id,
    fields: withChanges(found.details.fields, fields),
    metrics: metrics === undefined ? found.details.metrics : metricsOf(metrics),
  }
  return store(world, { ...found, details })
}

interface Recorded {
  names: readonly string[]
  at: number | undefined
}

/** Records metrics. One that readers already see keeps its time, and so does an earlier one. */
function record(world: World, id: string, { names, at }: Recorded): JsonObject {
  const found = find(world, id)
  const now = nowSeconds(world)
  const time = at ?? now
  const { metrics } = found.details
  const recorded = names.filter((name) => {
    const known = metrics[name]
    return known === undefined || (known > now && known > time)
  })
  const added = Object.fromEntries(recorded.map((name) => [name, time]))
  const details = { ...found.details, metrics: { ...metrics, ...added } }
  return store(world, { ...found, details })
}

/** A person opens the message. Only the first time counts. @param at may be past. @default now */
export function openDelivery(world: World, id: string, at?: number): JsonObject {
  return record(world, id, { names: ['opened', 'human_opened'], at })
}

/** A person clicks the first link, as with `openDelivery`. */
export function clickDelivery(world: World, id: string, at?: number): JsonObject {
  return record(world, id, { names: ['clicked', 'human_clicked', 'link:1', 'human_link:1'], at })
}

/** A person reaches the goal, as with `openDelivery`. */
export function convertDelivery(world: World, id: string, at?: number): JsonObject {
  return record(world, id, { names: ['converted'], at })
}

/** Sends a draft. It moves from the list of drafts to the others and keeps `created`. */
export function sendDraft(world: World, id: string): JsonObject {
  const found = find(world, id)
  if (!found.delivery.isDraft) throw new RangeError(`Delivery ${id} is not a draft.`)
  const now = nowSeconds(world)
  const metrics = { ...found.details.metrics, sent: now, delivered: now }
  return store(world, {
    ...found,
    delivery: { ...found.delivery, isDraft: false },
    details: { ...found.details, metrics },
  })
}

/** Deletes a delivery without a trace. */
export function deleteDelivery(world: World, id: string): void {
  const { at, delivery } = find(world, id)
  world.deliveries.list.splice(at, 1)
  world.deliveries.details.delete(delivery.serial)
  world.deliveries.serials.delete(id)
  world.revision++
}

/** Deletes a person. Their deliveries stay, without what identifies the person. */
export function forgetPerson(world: World, cioId: string): void {
  const { deliveries } = world
  const isOf = (delivery: Delivery) => personOf(detailsOf(deliveries, delivery).fields) === cioId
  if (cioId === '' || !deliveries.list.some(isOf)) {
    throw new RangeError(`The workspace has no person ${cioId}.`)
  }
  deliveries.forgotten.add(cioId)
  world.revision++
}
