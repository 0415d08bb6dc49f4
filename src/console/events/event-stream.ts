/** Server-sent events as text: https://html.spec.whatwg.org/multipage/server-sent-events.html */

import { SECOND_MS } from '../../time.ts'
import type { NumberedEvent } from './event-log.ts'

/** A comment this often keeps proxies from closing the connection. */
const HEARTBEAT_MS = 15 * SECOND_MS
/** How long a browser waits before it reconnects. */
const RETRY_MS = 2000

export function eventText({ id, event }: NumberedEvent): string {
  return `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

export interface StreamOptions {
  events: AsyncGenerator<NumberedEvent>
  /** Checked at each heartbeat: the stream ends with the session. */
  isAllowed: () => Promise<boolean>
  /** Ends the stream after this event. */
  isLast: (event: NumberedEvent) => boolean
  /** @default every 15 seconds */
  heartbeatMs?: number
}

/** A promise that is awaited in pieces of time. A race for each piece would leave its reactions. */
class Awaited<T> {
  readonly promise: Promise<T>
  #isSettled = false
  #wake: (() => void) | undefined

  constructor(promise: Promise<T>) {
    this.promise = promise
    const settle = () => {
      this.#isSettled = true
      this.#wake?.()
    }
    promise.then(settle, settle)
  }

  /** False when the promise is not settled within this time. */
  async isSettledWithin(ms: number): Promise<boolean> {
    if (this.#isSettled) return true
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, ms)
    })
    clearTimeout(timer)
    return this.#isSettled
  }
}

/** The text of the stream, piece by piece. */
export async function* eventStream(options: StreamOptions): AsyncGenerator<string> {
  const { events, isAllowed, isLast, heartbeatMs = HEARTBEAT_MS } = options
  yield `retry: ${RETRY_MS}\n\n`
  let next = new Awaited(events.next())
  for (;;) {
    const hasCome = await next.isSettledWithin(heartbeatMs)
    if (!(await isAllowed())) return
    if (!hasCome) {
      yield ': \n\n'
      continue
    }
    const found = await next.promise
    if (found.done === true) return
    yield eventText(found.value)
    if (isLast(found.value)) return
    next = new Awaited(events.next())
  }
}
