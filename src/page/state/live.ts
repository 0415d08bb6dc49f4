/** Follows the events of the workspace and keeps what the page shows up to date. */

import type { Api } from '../../console/api/schemas.generated.ts'
import { followEvents, type ConsoleEvent } from '../api/event-source.ts'
import { connectionPath } from '../api/query.ts'
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

/** Returns how to end it. */
export function followWorkspace(): () => void {
  const end = followEvents({
    path: '/events',
    onEvent: receive,
    onConnected: (isUp) => {
      isConnected.set(isUp)
      if (!isUp) void askForSession()
    },
  })
  return () => {
    end()
    isConnected.set(true)
  }
}
