/** Pure: formats the progress and the result of a run for a person, at most 80 columns wide. */

import { formatTable } from '../../terminal/table.ts'
import type { Connection, Mode } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import type { RunRecord } from '../history/record.ts'
import type { RunStats } from '../programs/run-stats.ts'

const DEFAULT_REQUESTS_PER_SECOND = 10
/** From this share of the rate limit on, the run counts as throttled. */
const THROTTLED_SHARE = 0.85
/** The window of the pace. */
const PACE_WINDOW_MS = 5000

/** Measures requests per second over the last seconds, from a growing count. */
export class Pace {
  #samples: { atMs: number; count: number }[] = []

  /** Adds a sample. Returns requests per second. */
  note(count: number, atMs: number): number {
    this.#samples = [
      ...this.#samples.filter((sample) => atMs - sample.atMs <= PACE_WINDOW_MS),
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

/** One line: elapsed time, rows of each stream, requests, and whether the run is throttled. */
export function runProgressText(
  progress: {
    resources: ReadonlyMap<StreamName, Mode>
    stats: RunStats | undefined
    seconds: number
    pace: number
  },
  connection: Connection,
): string {
  const { stats, seconds, pace } = progress
  if (!stats) return `${duration(seconds)}  reading the sync state from the warehouse`
  const rows = [...progress.resources.keys()].map((stream) => {
    const { read, loaded } = stats.of(stream)
    return `${stream} ${read}${loaded > 0 ? ` (${loaded} loaded)` : ''}`
  })
  const limit = connection.source.requests_per_second ?? DEFAULT_REQUESTS_PER_SECOND
  const throttled = pace >= limit * THROTTLED_SHARE ? `, throttled to ${limit} per second` : ''
  return `${duration(seconds)}  ${rows.join(', ')}  ${plural(stats.requests, 'request')}${throttled}`
}

const MODES: Record<Mode, string> = { incremental: 'incremental', full_refresh: 'full refresh' }

const STOPPED = 'The run was stopped. What it read is loaded'

const OUTCOMES: Record<RunRecord['outcome'], string> = {
  succeeded: 'The run succeeded.',
  failed: 'The run failed.',
  stopped: `${STOPPED}, and the next run resumes from there.`,
  crashed: 'The run was killed. The next run resumes from its last commit.',
}

/**
 * What a person has to repeat after an interrupted run, if anything: a full refresh of streams that
 * other runs read incrementally.
 * @param modes modes of the other runs
 */
export function fullReadLeft(
  { streams }: Pick<RunRecord, 'streams'>,
  modes: ReadonlyMap<string, Mode>,
): string | undefined {
  const names = streams
    .filter(({ stream, mode }) => mode === 'full_refresh' && modes.get(stream) !== mode)
    .map(({ stream }) => stream)
  if (names.length === 0) return undefined
  return `No other run resumes the full refresh of ${names.join(', ')}. Run again: customerio-sync resync ${names.join(' ')}`
}

function endText(record: RunRecord, modes: ReadonlyMap<string, Mode>): string {
  const left = record.outcome === 'stopped' ? fullReadLeft(record, modes) : undefined
  return left === undefined ? OUTCOMES[record.outcome] : `${STOPPED}. ${left}`
}

function requestsText(record: RunRecord): string {
  const { requests, retries, rate_limited: rateLimited } = record
  const retried = retries === 1 ? '1 retry' : `${retries} retries`
  const throttled = rateLimited > 0 ? ` (${rateLimited} after a 429)` : ''
  return `${plural(requests, 'request')}, ${retried}${throttled}, ${duration(record.seconds ?? 0)}.`
}

/** Run stats and bookmarks of a finished run, and a sentence about its outcome. */
export function summaryText(record: RunRecord, { resources }: Connection): string {
  const stats = record.streams.map((stream) => [
    stream.stream,
    MODES[stream.mode],
    String(stream.rows_read),
    String(stream.rows_loaded),
    String(stream.rows_deleted),
    String(stream.rows_rejected),
    stream.seconds.toFixed(1),
  ])
  const bookmarks = record.streams.map((stream) => [
    stream.stream,
    stream.bookmark_before ?? 'none',
    stream.bookmark_after ?? 'none',
  ])
  const counts = ['read', 'loaded', 'deleted', 'rejected', 'seconds']
  return [
    formatTable(['stream', 'mode', ...counts], stats),
    '',
    formatTable(['stream', 'bookmark before', 'bookmark after'], bookmarks),
    '',
    requestsText(record),
    endText(record, resources),
  ].join('\n')
}
