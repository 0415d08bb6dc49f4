/** Faults that a client of the sandbox orders as JSON. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'
import {
  cut,
  delayed,
  errorStatus,
  hang,
  htmlPage,
  jsonBody,
  rateLimited,
  reset,
} from '../api/answers.ts'
import type { ActiveRule, Answer, Fault, RuleList } from '../api/faults.ts'
import { idText } from '../world.ts'

/** Faults that are kept, those that have ended included. */
const MAX_FAULTS = 1000

/** A fault with the JSON that ordered it. */
interface OrderedFault {
  order: JsonObject
  active: ActiveRule<Fault>
}

function numberOf(order: JsonObject, name: string, fallback: number): number {
  const value = order[name] ?? fallback
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw new RangeError(`\`${name}\` must be a whole number.`)
}

function statusOf(order: JsonObject, fallback: number): number {
  const status = numberOf(order, 'status', fallback)
  if (status >= 200 && status <= 599) return status
  throw new RangeError('`status` must be from 200 to 599.')
}

/** By the name in `fault`. Each member of an order has a default. */
const ANSWERS: Readonly<Record<string, (order: JsonObject) => Answer>> = {
  /** An error body of Customer.io. */
  status: (order) => errorStatus(statusOf(order, 503)),
  /** The HTML page of a proxy. */
  html: (order) => htmlPage(statusOf(order, 200)),
  /** Any JSON. */
  json: (order) => jsonBody(order['body'] ?? null, statusOf(order, 200)),
  'rate-limit': (order) => rateLimited(String(numberOf(order, 'retry_after', 1))),
  delay: (order) => delayed(numberOf(order, 'ms', 1000)),
  /** No response, and an open connection. */
  hang: () => hang(),
  /** A connection reset, after this many bytes of the body. */
  reset: (order) => reset(order['bytes'] === undefined ? 'nothing' : numberOf(order, 'bytes', 0)),
  /** A body that ends too early. */
  cut: (order) => cut(numberOf(order, 'bytes', 10)),
}

/**
 * Whether the path, without its query, has these parts in this order, with any characters between
 * them. No regular expression: many gaps would take it too long.
 */
function hasParts(path: string, [first = '', ...others]: readonly string[]): boolean {
  const last = others.pop()
  if (last === undefined) return path === first
  if (!path.startsWith(first)) return false
  let end = first.length
  for (const part of others) {
    const at = path.indexOf(part, end)
    if (at === -1) return false
    end = at + part.length
  }
  return path.length - last.length >= end && path.endsWith(last)
}

/** Throws RangeError for an order that names no known fault, or has a bad value. */
function parseFault(order: JsonValue): { order: JsonObject; fault: Fault } {
  if (!isJsonObject(order)) throw new RangeError('A fault must be an object.')
  const name = idText(order['fault'])
  const answer = Object.hasOwn(ANSWERS, name) ? ANSWERS[name] : undefined
  if (!answer) throw new RangeError(`\`fault\` must be ${Object.keys(ANSWERS).join(' or ')}.`)
  const { path } = order
  if (path !== undefined && typeof path !== 'string') {
    throw new RangeError('`path` must be a string.')
  }
  const parts = path?.split('*')
  return {
    order,
    fault: {
      respond: answer(order),
      after: numberOf(order, 'after', 0),
      ...(order['times'] !== undefined && { times: numberOf(order, 'times', 1) }),
      ...(parts && { match: (request) => hasParts(request.path, parts) }),
    },
  }
}

/** The faults that were ordered, in their order. */
function isEnded({ active: { applied, rule } }: OrderedFault): boolean {
  return rule.times !== undefined && applied >= rule.times
}

export class OrderedFaults {
  readonly #rules: RuleList<Fault>
  #ordered: OrderedFault[] = []

  constructor(rules: RuleList<Fault>) {
    this.#rules = rules
  }

  /** Adds one fault or several. Throws RangeError, and then adds none. */
  add(body: JsonValue): void {
    const parsed = (Array.isArray(body) ? body : [body]).map(parseFault)
    if (this.#ordered.length + parsed.length > MAX_FAULTS) this.#dropEnded()
    if (this.#ordered.length + parsed.length > MAX_FAULTS) {
      throw new RangeError(`There can be ${MAX_FAULTS} faults. Remove them first.`)
    }
    for (const { order, fault } of parsed) {
      this.#ordered.push({ order, active: this.#rules.add(fault) })
    }
  }

  /** Forgets the faults that answer no request any more. */
  #dropEnded(): void {
    for (const { active } of this.#ordered.filter(isEnded)) active.remove()
    this.#ordered = this.#ordered.filter((one) => !isEnded(one))
  }

  /** Removes the ordered faults, and no others. */
  clear(): void {
    for (const { active } of this.#ordered) active.remove()
    this.#ordered = []
  }

  /** Each order, with how many requests matched it and how many it answered. */
  list(): JsonObject[] {
    return this.#ordered.map(({ order, active: { matched, applied } }) => {
      return { ...order, matched, applied }
    })
  }
}
