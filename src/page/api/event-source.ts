/**
 * Server-sent events that reconnect. A browser reconnects after a broken connection, but not after
 * a response with an error, such as from a proxy while the console restarts.
 */

import type { Api } from '../../console/api/schemas.generated.ts'
import { API_PREFIX } from './client.ts'
import { reconnectWaitMs } from './reconnect.ts'

export type ConsoleEvent = Api<'Event'>

const TYPES: readonly ConsoleEvent['type'][] = [
  'reset',
  'run_queued',
  'run_started',
  'run_progress',
  'run_stopping',
  'run_ended',
  'run_log',
  'connection_changed',
  'connection_removed',
  'schedules_changed',
]

export interface EventOptions {
  /**
   * Path below `/api/v1` of the events behind this one. Undefined before the first event. Called
   * whenever the stream is opened.
   */
  pathAfter: (lastId: string | undefined) => string
  onEvent: (event: ConsoleEvent) => void
  /** Called with false when the connection is lost, and with true when it is back. */
  onConnected?: (isConnected: boolean) => void
}

function parseEvent(data: string): ConsoleEvent | undefined {
  try {
    // The schema of the API describes it.
    return JSON.parse(data) as ConsoleEvent
  } catch {
    return undefined
  }
}

export interface FollowedEvents {
  /** Opens the stream of another path. */
  reopen: () => void
  end: () => void
}

/**
 * Follows events by one stream. A hidden tab holds no connection, because browsers share at most
 * six among all tabs.
 */
export function followEvents({ pathAfter, onEvent, onConnected }: EventOptions): FollowedEvents {
  let source: EventSource | undefined
  let lastId: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  const close = () => {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }
  const receive = ({ data, lastEventId }: MessageEvent<string>) => {
    lastId = lastEventId
    const event = parseEvent(data)
    if (event) onEvent(event)
  }
  const open = () => {
    close()
    if (document.hidden) return
    const opened = new EventSource(`${API_PREFIX}${pathAfter(lastId)}`)
    source = opened
    opened.addEventListener('open', () => {
      failures = 0
      onConnected?.(true)
    })
    opened.addEventListener('error', () => {
      if (source !== opened) return
      onConnected?.(false)
      if (opened.readyState !== EventSource.CLOSED) return
      timer = setTimeout(open, reconnectWaitMs(failures++))
    })
    for (const type of TYPES) opened.addEventListener(type, receive)
  }
  document.addEventListener('visibilitychange', open)
  open()
  const end = () => {
    document.removeEventListener('visibilitychange', open)
    close()
  }
  return { reopen: open, end }
}
