/** Collects what the files of the workspace and its history say about a connection. */

import type { Connection } from '../../runner/connection/connection.ts'
import { History, isAhead, type HistoryEntry } from '../../runner/history/history.ts'
import { isWhole, type RunRecord } from '../../runner/history/record.ts'
import { readNextRun } from '../../runner/inspect/status.ts'
import type { StreamName } from '../../streams/index.ts'
import type { Api } from '../api/schemas.generated.ts'
import { foreignRun, type ConnectionFacts, type StreamHistory } from '../views/connection-view.ts'
import type { CountedTables } from './kept-counts.ts'

/** How many runs to read completely. Of older ones, those that succeeded say what is fresh. */
const MAX_RUNS = 200

interface HistoryFacts {
  /** The newest run that ended. */
  last: HistoryEntry | undefined
  running: HistoryEntry | undefined
  freshUntil: string | null
  streams: Map<StreamName, StreamHistory>
}

function noteStreams(streams: Map<StreamName, StreamHistory>, run: RunRecord): void {
  for (const [name, known] of streams) {
    const found = run.streams.find(({ stream }) => stream === name)
    if (!found) continue
    const bookmark = known.bookmark ?? found.bookmark_after
    const isFresh = known.freshUntil === null && run.outcome === 'succeeded'
    streams.set(name, { bookmark, freshUntil: isFresh ? run.started_at : known.freshUntil })
  }
}

type Freshness = Pick<HistoryFacts, 'freshUntil' | 'streams'>

/** What a search of old runs found, as of the newest run of the connection. */
const FOUND = new WeakMap<Connection, Freshness & { newestId: string | undefined }>()

/** Searches the whole history for the last run that succeeded: once for each new run. */
async function addOlder(facts: HistoryFacts, connection: Connection, nowMs: number): Promise<void> {
  const newestId = facts.last?.run.run_id
  const known = FOUND.get(connection)
  if (known && known.newestId === newestId) {
    const { freshUntil, streams } = known
    Object.assign(facts, { freshUntil, streams })
    return
  }
  for await (const run of new History(connection.dataFolder).successes(nowMs)) {
    noteStreams(facts.streams, run)
    if (!isWhole(run, connection.resources.keys())) continue
    facts.freshUntil = run.started_at
    break
  }
  const { freshUntil, streams } = facts
  FOUND.set(connection, { newestId, freshUntil, streams })
}

/** Reads the newest runs, until every stream has a run that succeeded. Never throws. */
async function readHistoryFacts(connection: Connection, nowMs: number): Promise<HistoryFacts> {
  const { dataFolder, resources } = connection
  const none = { freshUntil: null, bookmark: null }
  const facts: HistoryFacts = {
    last: undefined,
    running: undefined,
    freshUntil: null,
    streams: new Map([...resources.keys()].map((name) => [name, none])),
  }
  let count = 0
  try {
    for await (const entry of new History(dataFolder).entries()) {
      if (isAhead(entry.run, nowMs)) continue
      if (count++ >= MAX_RUNS) break
      if (entry.isRunning) {
        facts.running ??= entry
        continue
      }
      facts.last ??= entry
      noteStreams(facts.streams, entry.run)
      if (entry.run.outcome === 'succeeded' && isWhole(entry.run, resources.keys())) {
        facts.freshUntil = entry.run.started_at
        break
      }
    }
    if (count > MAX_RUNS) await addOlder(facts, connection, nowMs)
  } catch {
    // a history that cannot be read: the next run reports it
  }
  return facts
}

export interface FactSources {
  name: string
  connection: Connection
  counted: CountedTables | undefined
  /** The run that this process has in progress. */
  current: Api<'CurrentRun'> | undefined
  /** The scheduled run that waits behind it. */
  queued: Api<'CurrentRun'> | undefined
  nowMs: number
}

/** See `ConnectionFacts`. Reads files only. */
export async function readConnectionFacts(sources: FactSources): Promise<ConnectionFacts> {
  const { name, connection, counted, nowMs } = sources
  const history = await readHistoryFacts(connection, nowMs)
  const lastSuccessAt = history.freshUntil === null ? undefined : Date.parse(history.freshUntil)
  const running = history.running && foreignRun(name, history.running)
  return {
    name,
    connection,
    next: await readNextRun(connection, { nowMs, lastSuccessAt }),
    freshUntil: history.freshUntil,
    streams: history.streams,
    counted,
    last: history.last,
    current: sources.current ?? running,
    queued: sources.queued,
  }
}
