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

const HEARTBEAT = Symbol('heartbeat')

/** The text of the stream, piece by piece. */
export async function* eventStream(options: StreamOptions): AsyncGenerator<string> {
  const { events, isAllowed, isLast, heartbeatMs = HEARTBEAT_MS } = options
  yield `retry: ${RETRY_MS}\n\n`
  let timer: NodeJS.Timeout | undefined
  try {
    let next = events.next()
    for (;;) {
      const beat = new Promise<typeof HEARTBEAT>((resolve) => {
        timer = setTimeout(() => resolve(HEARTBEAT), heartbeatMs)
      })
      const found = await Promise.race([next, beat])
      clearTimeout(timer)
      if (!(await isAllowed())) return
      if (found === HEARTBEAT) {
        yield ': \n\n'
        continue
      }
      if (found.done === true) return
      yield eventText(found.value)
      if (isLast(found.value)) return
      next = events.next()
    }
  } finally {
    clearTimeout(timer)
  }
}
