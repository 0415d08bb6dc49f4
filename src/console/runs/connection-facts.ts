/** Collects what the files of the workspace and its history say about a connection. */

import type { Connection } from '../../runner/connection/connection.ts'
import { History, isAhead, type HistoryEntry } from '../../runner/history/history.ts'
import { isWhole } from '../../runner/history/record.ts'
import { readNextRun } from '../../runner/inspect/status.ts'
import type { StreamName } from '../../streams/index.ts'
import type { Api } from '../api/schemas.generated.ts'
import { foreignRun, type ConnectionFacts, type StreamHistory } from '../views/connection-view.ts'
import type { CountedTables } from './kept-counts.ts'

/** How many runs to read to find when each stream was fresh. Older ones count as never. */
const MAX_RUNS = 200

interface HistoryFacts {
  /** The newest run that ended. */
  last: HistoryEntry | undefined
  running: HistoryEntry | undefined
  freshUntil: string | null
  streams: Map<StreamName, StreamHistory>
}

function noteStreams(streams: Map<StreamName, StreamHistory>, { run }: HistoryEntry): void {
  for (const [name, known] of streams) {
    const found = run.streams.find(({ stream }) => stream === name)
    if (!found) continue
    const bookmark = known.bookmark ?? found.bookmark_after
    const isFresh = known.freshUntil === null && run.outcome === 'succeeded'
    streams.set(name, { bookmark, freshUntil: isFresh ? run.started_at : known.freshUntil })
  }
}

/** Reads the newest runs, until every stream has a run that succeeded. Never throws. */
async function readHistoryFacts(
  { dataFolder, resources }: Connection,
  nowMs: number,
): Promise<HistoryFacts> {
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
      noteStreams(facts.streams, entry)
      if (entry.run.outcome === 'succeeded' && isWhole(entry.run, resources.keys())) {
        facts.freshUntil = entry.run.started_at
        break
      }
    }
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
  }
}
