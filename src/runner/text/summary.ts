/** Pure: what a person reads of a run, while it goes on and afterwards. */

import type { Connection, Mode, StreamName } from '../connection/connection.ts'
import type { RunStats } from '../programs/run-stats.ts'
import { formatTable } from '../../terminal/table.ts'
import type { RunRecord } from '../history/record.ts'

const DEFAULT_CEILING = 10
/** From this share of the ceiling on, it is what the run waits for. */
const AT_CEILING = 0.85

/** The pace of requests over the last seconds, from a count that grows. */
export class Pace {
  #samples: { atMs: number; count: number }[] = []

  /** Requests a second. */
  note(count: number, atMs: number): number {
    this.#samples = [
      ...this.#samples.filter((sample) => atMs - sample.atMs <= 5000),
      { atMs, count },
    ]
    const [first] = this.#samples
    const ms = first ? atMs - first.atMs : 0
    return first && ms > 0 ? ((count - first.count) * 1000) / ms : 0
  }
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** `75 s`, `3 min 20 s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 100) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 100) return `${minutes} min ${whole % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** One line: seconds, rows of each stream as far as they are, requests and what they wait for. */
export function runProgressText(
  progress: {
    resources: ReadonlyMap<StreamName, Mode>
    figures: RunStats | undefined
    seconds: number
    pace: number
  },
  connection: Connection,
): string {
  const { figures, seconds, pace } = progress
  if (!figures) return `${duration(seconds)}  asking the warehouse how far it is`
  const rows = [...progress.resources.keys()].map((stream) => {
    const { read, loaded } = figures.of(stream)
    return `${stream} ${read}${loaded > 0 ? ` (${loaded} loaded)` : ''}`
  })
  const ceiling = connection.source.requests_per_second ?? DEFAULT_CEILING
  const isWaiting = pace >= ceiling * AT_CEILING
  const waits = isWaiting ? `, waiting for the rate ceiling of ${ceiling} a second` : ''
  return `${duration(seconds)}  ${rows.join(', ')}  ${plural(figures.requests, 'request')}${waits}`
}

const MODES: Record<Mode, string> = { incremental: 'incremental', full_refresh: 'full refresh' }

const OUTCOMES: Record<RunRecord['outcome'], string> = {
  succeeded: 'The run succeeded.',
  failed: 'The run failed.',
  stopped: 'The run was stopped; what it had read is loaded, and the next run goes on from there.',
  crashed: 'The run was killed; the next run goes on from what it committed.',
}

/**
 * What an interrupted run leaves to a person, if anything: to read in full again what other runs read otherwise, for those do not go on with it.
 * @param modes How other runs read.
 */
export function fullReadLeft(
  { streams }: Pick<RunRecord, 'streams'>,
  modes: ReadonlyMap<string, Mode>,
): string | undefined {
  const names = streams
    .filter(({ stream, mode }) => mode === 'full_refresh' && modes.get(stream) !== mode)
    .map(({ stream }) => stream)
  if (names.length === 0) return undefined
  return `No other run goes on with its full read of ${names.join(', ')}: run customerio-sync resync ${names.join(' ')} again.`
}

function endText(record: RunRecord, modes: ReadonlyMap<string, Mode>): string {
  const left = record.outcome === 'stopped' ? fullReadLeft(record, modes) : undefined
  if (left === undefined) return OUTCOMES[record.outcome]
  return `The run was stopped; what it had read is loaded. ${left}`
}

/** The table of a finished run of the connection and a sentence of how it ended. */
export function summaryText(record: RunRecord, { resources }: Connection): string {
  const rows = record.streams.map((stream) => [
    stream.stream,
    MODES[stream.mode],
    String(stream.rows_read),
    String(stream.rows_loaded),
    String(stream.rows_deleted),
    String(stream.rows_rejected),
    stream.bookmark_before ?? 'none',
    stream.bookmark_after ?? 'none',
    stream.seconds.toFixed(1),
  ])
  const header = ['stream', 'mode', 'read', 'loaded', 'deleted', 'rejected']
  const counts = [
    plural(record.requests, 'request'),
    record.retries === 1 ? '1 retry' : `${record.retries} retries`,
    ...(record.rate_limited > 0 ? [`${record.rate_limited} of them after a 429`] : []),
    duration(record.seconds ?? 0),
  ]
  return [
    formatTable([...header, 'bookmark before', 'bookmark after', 'seconds'], rows),
    '',
    `${counts.join(', ')}.`,
    endText(record, resources),
  ].join('\n')
}
