/**
 * Follows the events of the workspace and keeps what the page shows up to date. A window has one
 * stream, also while it watches a run.
 */

import type { Api } from '../../console/api/schemas.generated.ts'
import { followEvents, type ConsoleEvent, type FollowedEvents } from '../api/event-source.ts'
import { connectionPath, queryText } from '../api/query.ts'
import {
  changedRun,
  notStarted,
  outdatedPaths,
  withCurrentRun,
  withProgress,
} from '../view/live.ts'
import { cache, client, sayFailure } from './console.ts'
import { createStore } from './store.ts'

/** Whether the events arrive. */
export const isConnected = createStore(true)

/** Many events in a moment cause one request. */
const GATHER_MS = 250
let gathered: string[] = []
let timer: ReturnType<typeof setTimeout> | undefined

function refreshSoon(paths: readonly string[]): void {
  gathered = [...gathered, ...paths]
  timer ??= setTimeout(() => {
    timer = undefined
    cache.refresh(gathered)
    gathered = []
  }, GATHER_MS)
}

function showRun(run: Api<'CurrentRun'>): void {
  cache.update<Api<'ConnectionList'>>('/connections', ({ connections }) => ({
    connections: connections.map((one) => withCurrentRun(one, run)),
  }))
  cache.update<Api<'ConnectionDetail'>>(connectionPath(run.connection), (detail) => ({
    ...detail,
    connection: withCurrentRun(detail.connection, run),
  }))
  if (run.run_id === null) return
  const path = connectionPath(run.connection, 'runs', run.run_id)
  cache.update<Api<'Run'>>(path, (shown) => withProgress(shown, run))
}

/** What an event changes. */
export function receive(event: ConsoleEvent): void {
  const run = changedRun(event)
  if (run) showRun(run)
  const failure = notStarted(event)
  if (failure) sayFailure(failure)
  const outdated = outdatedPaths(event)
  if (outdated.length > 0) refreshSoon(outdated)
}

/** A browser does not say why a connection failed. The end of a session needs a login. */
async function askForSession(): Promise<void> {
  try {
    await client.request('/session')
  } catch {
    // The client reports the end of the session. Everything else is shown as a lost connection.
  }
}

interface WatchedRun {
  runId: string
  /** Called with the lines of its log, and when events were missed. */
  onEvent: (event: ConsoleEvent) => void
}

let stream: FollowedEvents | undefined
let watched: WatchedRun | undefined

/** Adds the log of a run to the events, until the returned function is called. */
export function watchRun(run: WatchedRun): () => void {
  watched = run
  stream?.reopen()
  return () => {
    if (watched !== run) return
    watched = undefined
    stream?.reopen()
  }
}

/** Returns how to end it. */
export function followWorkspace(): () => void {
  const followed = followEvents({
    pathAfter: (lastId) => `/events${queryText({ log_of: watched?.runId, last_event_id: lastId })}`,
    onEvent: (event) => {
      receive(event)
      if (event.type === 'run_log' || event.type === 'reset') watched?.onEvent(event)
    },
    onConnected: (isUp) => {
      isConnected.set(isUp)
      if (!isUp) void askForSession()
    },
  })
  stream = followed
  return () => {
    followed.end()
    stream = undefined
    isConnected.set(true)
  }
}
