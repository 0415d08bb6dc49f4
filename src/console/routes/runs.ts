/** Runs: start, cancel, list and show. */

import { selectStreams } from '../../runner/connection/stream-selection.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import { History } from '../../runner/history/history.ts'
import { ApiError } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { WantedRun } from '../runs/live-runs.ts'
import { readLogLines } from '../runs/run-logs.ts'
import { findRun, parseCursor, runPage } from '../runs/run-pages.ts'
import type { Services } from '../services.ts'
import { runSeries, runView } from '../views/run-view.ts'
import { param, type Answer, type Call, type Handlers } from './call.ts'

/** Throws RUNS_ELSEWHERE when another process runs the connection. */
function refuseElsewhere(current: Api<'CurrentRun'> | null): void {
  if (current?.state !== 'elsewhere') return
  throw new ApiError('RUNS_ELSEWHERE', 'Another process runs this connection.', {
    hint: 'Wait until the run ends, or stop it there.',
  })
}

/** Throws USAGE for a stream that the connection does not read. */
function wantedRun(connection: Connection, request: Api<'StartRun'>): WantedRun {
  const { streams = [], resync, allow_deletes: allowsDeletes, take_over: takesOver } = request
  if (resync && streams.length === 0)
    throw new ApiError('REQUEST_INVALID', 'A resync needs streams.', {
      problems: [{ field: 'streams', message: 'is missing' }],
    })
  const selected = selectStreams(connection, { only: streams, fullRefresh: resync ? streams : [] })
  return {
    trigger: resync ? 'resync' : 'manual',
    streams: selected,
    takesOver,
    allowsDeletes: resync && allowsDeletes,
  }
}

async function currentRun(services: Services, name: string): Promise<Api<'CurrentRun'>> {
  const { current_run: current } = await services.connections.view(name)
  if (current) return current
  throw new ApiError('NO_RUN', 'No run of this connection is in progress.')
}

async function cancelRun(services: Services, call: Call): Promise<Answer> {
  const name = param(call, 'name')
  refuseElsewhere(await currentRun(services, name))
  const { path } = await services.connections.entry(name)
  return { body: services.runs.cancel(path) }
}

async function listRuns(services: Services, call: Call): Promise<Answer> {
  const query = call.query as Api<'RunQuery'>
  const { connection, cursor } = query
  const after = cursor === undefined ? undefined : parseCursor(cursor)
  if (cursor !== undefined && !after)
    throw new ApiError('REQUEST_INVALID', 'The cursor is not one of a page.', {
      problems: [{ field: 'cursor', message: 'must be the `next` of another page' }],
    })
  if (connection !== undefined) await services.connections.entry(connection)
  const places = await services.connections.runPlaces()
  const sources = places.filter(({ name }) => connection === undefined || name === connection)
  const gone = new AbortController()
  call.reply.raw.once('close', () => gone.abort())
  return { body: await runPage(sources, { ...query, after, signal: gone.signal }) }
}

/** A run of the connection. Throws UNKNOWN_NAME. */
export async function openRun(services: Services, call: Call) {
  const { path, dataFolder } = await services.connections.runPlace(param(call, 'name'))
  const runId = param(call, 'run_id')
  const entry = await findRun(dataFolder, runId)
  if (!entry) throw new ApiError('UNKNOWN_NAME', 'The connection has no run with this id.')
  return { path, dataFolder, entry, runId }
}

async function showRun(services: Services, call: Call): Promise<Answer> {
  const { path, dataFolder, entry, runId } = await openRun(services, call)
  const current = services.runs.current(path)
  const progress = current?.run_id === runId ? (current.progress ?? undefined) : undefined
  const hasLog = (await readLogLines(dataFolder, entry.run)) !== undefined
  return { body: runView(param(call, 'name'), entry, { progress, hasLog }) }
}

async function series(services: Services, call: Call): Promise<Answer> {
  const { limit } = call.query as Api<'SeriesQuery'>
  const { dataFolder } = await services.connections.runPlace(param(call, 'name'))
  const entries = await new History(dataFolder).newest(limit)
  return { body: runSeries(entries) }
}

type Ids = 'startRun' | 'getCurrentRun' | 'cancelRun' | 'listRuns' | 'getRun' | 'getRunSeries'

export function runHandlers(services: Services): Handlers<Ids> {
  return {
    startRun: async (call) => {
      const name = param(call, 'name')
      const connection = await services.connections.openToRun(name)
      refuseElsewhere((await services.connections.view(name)).current_run)
      const request = call.body as Api<'StartRun'>
      const current = services.runs.start(connection, (now) => wantedRun(now, request))
      return { body: current, headers: { location: `/api/v1/connections/${name}/current-run` } }
    },
    getCurrentRun: async (call) => ({ body: await currentRun(services, param(call, 'name')) }),
    cancelRun: async (call) => cancelRun(services, call),
    listRuns: async (call) => listRuns(services, call),
    getRun: async (call) => showRun(services, call),
    getRunSeries: async (call) => series(services, call),
  }
}
