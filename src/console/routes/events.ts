/** Server-sent events of the workspace, and of one run. */

import { Readable } from 'node:stream'
import type { Api } from '../api/schemas.generated.ts'
import type { ConsoleEvent, NumberedEvent } from '../events/event-log.ts'
import { eventStream } from '../events/event-stream.ts'
import { readCookie } from '../security/cookie.ts'
import type { Services } from '../services.ts'
import { closedSignal, type Answer, type Call, type Handlers } from './call.ts'
import { openRun } from './runs.ts'

/** Aborted when the client has closed the connection, or the console ends. */
function signalOf({ options }: Services, call: Call): AbortSignal {
  return AbortSignal.any([options.signal, closedSignal(call)])
}

const NO_CONTENT = 204

function lastIdOf({ request }: Call): string | undefined {
  const lastId = request.headers['last-event-id']
  return typeof lastId === 'string' ? lastId : undefined
}

interface Selection {
  lastId: string | undefined
  matches: (event: ConsoleEvent) => boolean
  isLast: (event: NumberedEvent) => boolean
}

function streamAnswer(
  services: Services,
  call: Call,
  { selection, cookieName }: { selection: Selection; cookieName: string },
): Answer {
  const secret = readCookie(call.request.headers.cookie, cookieName)
  const signal = signalOf(services, call)
  const { lastId, matches, isLast } = selection
  const events = services.events.follow({ lastId, matches, signal })
  const isAllowed = async () => {
    await services.sessions.refresh()
    return services.sessions.expiryOf(secret, Date.now()) !== undefined
  }
  const text = eventStream({ events, isAllowed, isLast })
  return { body: Readable.from(text), headers: { 'x-accel-buffering': 'no' } }
}

/** The run that an event is about; null for a queued one. */
function runIdOf(event: ConsoleEvent): string | null {
  switch (event.type) {
    case 'run_log':
      return event.run_id
    case 'run_ended':
      return event.run?.run_id ?? null
    case 'run_queued':
    case 'run_started':
    case 'run_progress':
    case 'run_stopping':
      return event.current_run.run_id
    case 'reset':
    case 'connection_changed':
    case 'connection_removed':
    case 'schedules_changed':
      return null
  }
}

function selectRun(call: Call, runId: string): Selection {
  return {
    lastId: lastIdOf(call),
    matches: (event) => runIdOf(event) === runId,
    isLast: ({ event }) => event.type === 'run_ended',
  }
}

/** The events of all runs, and the log of one. */
function selectWorkspace(call: Call): Selection {
  const { log_of: runId, last_event_id: lastId } = call.query as Api<'EventQuery'>
  return {
    lastId: lastIdOf(call) ?? lastId,
    matches: (event) => event.type !== 'run_log' || event.run_id === runId,
    isLast: () => false,
  }
}

/** @param cookieName of the session, so that a stream ends with it */
export function eventHandlers(
  services: Services,
  cookieName: string,
): Handlers<'streamEvents' | 'streamRunEvents'> {
  return {
    streamEvents: async (call) =>
      streamAnswer(services, call, { selection: selectWorkspace(call), cookieName }),
    streamRunEvents: async (call) => {
      const { path, runId } = await openRun(services, call)
      const selection = selectRun(call, runId)
      const isLive = services.runs.current(path)?.run_id === runId
      const isOver = !isLive && !services.events.hasMissed(selection.lastId, selection.matches)
      // A browser stops to reconnect after this status.
      if (isOver) return { status: NO_CONTENT }
      return streamAnswer(services, call, { selection, cookieName })
    },
  }
}
