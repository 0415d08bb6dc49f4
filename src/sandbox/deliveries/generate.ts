/** Generates deliveries. The same seed and end give the same ones, whatever was edited before. */

import type { JsonObject } from '../../singer/json.ts'
import type { AllContents } from '../examples/contents.ts'
import type { Random } from '../random.ts'
import { between, pick, seededRandom } from '../random.ts'
import { messageSources } from './sources.ts'
import type { Delivery, Details } from './store.ts'
import { idOf } from './store.ts'

export interface DeliveryCounts {
  seed: number
  perDay: number
  days: number
  /** Epoch seconds. The last delivery is created before. */
  until: number
}

const DAY_SECONDS = 86_400
const PEOPLE = 20_000
const LATEST_OPEN_SECONDS = 180 * DAY_SECONDS
const LATEST_CONVERSION_SECONDS = 90 * DAY_SECONDS
const LONGEST_DELAY_SECONDS = 1800
const DRAFTS = 0.02
const DELAYED = 0.02
/** Keeps these values apart from those of other objects with the same seed. */
const SEED_OFFSET = 0xde11

/** Phone numbers that belong to nobody. */
const PHONE = '+1555010'

function personFields(random: Random, isEmail: boolean): JsonObject {
  const number = between(random, 1, PEOPLE)
  const id = `user-${number}`
  const email = `user-${number}@example.com`
  const cio_id = (0xa300_0000 + number).toString(16)
  const recipient = isEmail ? email : `${PHONE}${String(number % 10_000).padStart(4, '0')}`
  return { customer_id: id, customer_identifiers: { id, email, cio_id }, recipient }
}

/** Half of the opens come within hours, the last after half a year. */
function addReactions(random: Random, metrics: Record<string, number>): void {
  const delivered = metrics['delivered'] ?? 0
  const opened = delivered + 1 + Math.floor(LATEST_OPEN_SECONDS * random() ** 10)
  metrics['opened'] = opened
  if (random() < 0.7) metrics['human_opened'] = opened
  if (random() < 0.2) {
    const clicked = opened + between(random, 1, 3600)
    const link = between(random, 1, 3)
    metrics['clicked'] = clicked
    metrics[`link:${link}`] = clicked
    if (random() < 0.8) {
      metrics['human_clicked'] = clicked
      metrics[`human_link:${link}`] = clicked
    }
  }
  if (random() < 0.05) {
    metrics['converted'] = opened + Math.floor(LATEST_CONVERSION_SECONDS * random())
  }
  if (random() < 0.01) metrics['unsubscribed'] = opened + between(random, 1, 600)
}

function metricsOf(random: Random, { created, isDraft }: Delivery): Record<string, number> {
  if (isDraft) return { drafted: created }
  const sent = created + between(random, 0, 30)
  const metrics: Record<string, number> = { sent }
  if (random() < 0.03) return { ...metrics, bounced: sent + between(random, 1, 60) }
  metrics['delivered'] = sent + between(random, 1, 20)
  if (random() < 0.45) addReactions(random, metrics)
  return metrics
}

/** What a delivery says is decided by its serial, so that it need not be stored. */
function generator(seed: number, sources: readonly JsonObject[]): (one: Delivery) => Details {
  return (delivery) => {
    const random = seededRandom(seed ^ Math.imul(delivery.serial, 0x85eb_ca6b))
    const source = pick(random, sources)
    const person = personFields(random, source['type'] === 'email')
    return {
      id: idOf(delivery.serial),
      fields: { ...source, ...person },
      metrics: metricsOf(random, delivery),
    }
  }
}

/** Adds deliveries of the messages in the contents, evenly over the days. */
export function addGeneratedDeliveries(contents: AllContents, counts: DeliveryCounts): void {
  const { perDay, days, until } = counts
  const count = Math.floor(perDay * days)
  if (count === 0) return
  const { deliveries } = contents
  const seed = counts.seed + SEED_OFFSET
  const random = seededRandom(seed)
  const span = days * DAY_SECONDS
  const start = until - span
  for (let index = 0; index < count; index++) {
    const created = start + Math.floor(((index + random()) * span) / count)
    const isDraft = random() < DRAFTS
    const delay = random() < DELAYED ? between(random, 1, LONGEST_DELAY_SECONDS) : 0
    const serial = ++deliveries.lastSerial
    deliveries.list.push({ serial, created, visibleAt: created + delay, isDraft })
  }
  deliveries.list.sort((a, b) => a.created - b.created)
  deliveries.generated = generator(seed, messageSources(contents))
}
