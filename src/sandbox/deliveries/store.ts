/**
 * Deliveries of the workspace. There may be hundreds of thousands, so only what a list needs is
 * stored for each one. Generated details are made again whenever they are read.
 */

import type { JsonObject } from '../../singer/json.ts'
import { seededRandom } from '../random.ts'

/** All times are epoch seconds. */
export interface Delivery {
  /** Its number in the workspace, which no other delivery ever has. */
  readonly serial: number
  readonly created: number
  /** When it appears in lists. */
  readonly visibleAt: number
  readonly isDraft: boolean
}

export interface Details {
  readonly id: string
  /** Fields as the API sends them, without those that follow from the metrics. */
  readonly fields: JsonObject
  /** When each metric was first recorded. Readers see only those up to now. */
  readonly metrics: Readonly<Record<string, number>>
}

export interface Deliveries {
  /** Oldest first, by `created`. */
  readonly list: Delivery[]
  /** Of deliveries that were not generated, or were edited. By serial. */
  readonly details: Map<number, Details>
  /** Serials of deliveries with an ID that was chosen. */
  readonly serials: Map<string, number>
  /** `cio_id` of the people whose data was deleted. */
  readonly forgotten: Set<string>
  lastSerial: number
  /** The details of a generated delivery. */
  generated: (delivery: Delivery) => Details
}

const ID_BYTES = 17
const SERIAL_MASK = 0x6a0d_6ae9

export function noDeliveries(): Deliveries {
  return {
    list: [],
    details: new Map(),
    serials: new Map(),
    forgotten: new Set(),
    lastSerial: 0,
    generated: ({ serial }) => ({ id: idOf(serial), fields: {}, metrics: {} }),
  }
}

/** An ID in base64, as those of Customer.io, in which IDs of one second have no order. */
export function idOf(serial: number): string {
  const random = seededRandom(serial)
  const bytes = Buffer.alloc(ID_BYTES)
  for (let at = 0; at < ID_BYTES - 4; at += 4) bytes.writeUInt32BE(random() * 2 ** 32, at)
  bytes.writeUInt32BE((serial ^ SERIAL_MASK) >>> 0, ID_BYTES - 4)
  return `${bytes.toString('base64url')}=`
}

function serialOf({ serials }: Deliveries, id: string): number | undefined {
  const bytes = Buffer.from(id, 'base64url')
  if (bytes.length !== ID_BYTES) return serials.get(id)
  const serial = (bytes.readUInt32BE(ID_BYTES - 4) ^ SERIAL_MASK) >>> 0
  return idOf(serial) === id ? serial : serials.get(id)
}

export function detailsOf({ details, generated }: Deliveries, delivery: Delivery): Details {
  return details.get(delivery.serial) ?? generated(delivery)
}

/** The first position in the list whose delivery was created at this second or later. */
export function positionFrom(list: readonly Delivery[], created: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle]?.created ?? 0) < created) low = middle + 1
    else high = middle
  }
  return low
}

/** The position of the delivery with this ID. -1 when there is none. */
export function positionOf(deliveries: Deliveries, id: string): number {
  const serial = serialOf(deliveries, id)
  return serial === undefined ? -1 : deliveries.list.findIndex((one) => one.serial === serial)
}

export interface NewDelivery extends Omit<Delivery, 'serial'>, Omit<Details, 'id'> {
  /** @default a new ID */
  id?: string
}

/** Adds a delivery, after those of the same second. */
export function addDelivery(deliveries: Deliveries, added: NewDelivery): Delivery {
  const { list, details, serials } = deliveries
  const { id, created, visibleAt, isDraft, fields, metrics } = added
  if (id !== undefined && positionOf(deliveries, id) !== -1) {
    throw new RangeError(`The workspace already has delivery ${id}.`)
  }
  const serial = ++deliveries.lastSerial
  const delivery = { serial, created, visibleAt, isDraft }
  list.splice(positionFrom(list, created + 1), 0, delivery)
  details.set(serial, { id: id ?? idOf(serial), fields, metrics })
  if (id !== undefined) serials.set(id, serial)
  return delivery
}
