/** Pure: formats the progress and the result of a run for a person, for a width in columns. */

import { fitTable, type TableColumn } from '../../terminal/fitted-table.ts'
import type { Connection } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import type { Mode } from '../../streams/modes.ts'
import { totalsOf, type RunRecord, type StreamRecord } from '../history/record.ts'
import type { RunStats, StreamStats } from '../programs/run-stats.ts'

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

export interface RunProgress {
  resources: ReadonlyMap<StreamName, Mode>
  stats: RunStats | undefined
  seconds: number
  /** Requests per second. */
  pace: number
}

function loadedText(loaded: number): string {
  return loaded > 0 ? ` (${loaded} loaded)` : ''
}

function sumOf(streams: readonly StreamStats[], name: keyof StreamStats): number {
  return streams.reduce((total, stream) => total + stream[name], 0)
}

/**
 * One line: elapsed time, rows of each stream, requests, and whether the run is throttled. Leaves
 * details out when it is longer than `width`.
 */
export function runProgressText(
  { resources, stats, seconds, pace }: RunProgress,
  { source }: Pick<Connection, 'source'>,
  width: number,
): string {
  if (!stats) return `${duration(seconds)}  waiting for the first rows`
  const streams = [...resources.keys()].map((stream) => ({ stream, ...stats.of(stream) }))
  const limit = source.requests_per_second ?? DEFAULT_REQUESTS_PER_SECOND
  const isThrottled = pace >= limit * THROTTLED_SHARE
  const requests = plural(stats.requests, 'request')
  const short = `${requests}${isThrottled ? ', throttled' : ''}`
  const whole = streams.map(({ stream, read, loaded }) => `${stream} ${read}${loadedText(loaded)}`)
  const reads = streams.map(({ stream, read }) => `${stream} ${read}`)
  const [read, loaded] = [sumOf(streams, 'read'), sumOf(streams, 'loaded')]
  const texts = [
    `${whole.join(', ')}  ${requests}${isThrottled ? `, throttled to ${limit} per second` : ''}`,
    `${reads.join(', ')}  ${short}`,
    `${read} rows read, ${loaded} loaded  ${short}`,
  ].map((text) => `${duration(seconds)}  ${text}`)
  return texts.find((text) => text.length <= width) ?? texts.at(-1) ?? ''
}

const MODES: Record<Mode, string> = { incremental: 'incremental', full_refresh: 'full refresh' }

const STOPPED = 'The run was stopped. What it loaded stays'

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

const COUNTS = ['read', 'loaded', 'deleted', 'rejected', 'seconds']
const BOOKMARKS = ['bookmark before', 'bookmark after']
const COLUMNS = ['stream', 'mode', ...COUNTS, ...BOOKMARKS]

function streamCells(stream: StreamRecord): Record<string, string> {
  return {
    stream: stream.stream,
    mode: MODES[stream.mode],
    read: String(stream.rows_read),
    loaded: String(stream.rows_loaded),
    deleted: String(stream.rows_deleted),
    rejected: String(stream.rows_rejected),
    seconds: stream.seconds.toFixed(1),
    'bookmark before': stream.bookmark_before ?? 'none',
    'bookmark after': stream.bookmark_after ?? 'none',
  }
}

function streamTable(record: RunRecord, names: readonly string[], width: number) {
  const columns = names.map((name): TableColumn => ({ name, isNumber: COUNTS.includes(name) }))
  const rows = record.streams.map((stream) => {
    const cells = streamCells(stream)
    return names.map((name) => cells[name] ?? '')
  })
  return fitTable(columns, rows, width)
}

/** One table where it fits, otherwise one for the run stats and one for the bookmarks. */
function streamTables(record: RunRecord, width: number): string[] {
  const whole = streamTable(record, COLUMNS, Number.POSITIVE_INFINITY).text
  if (whole.split('\n').every((line) => line.length <= width)) return [whole, '']
  const stats = streamTable(record, ['stream', 'mode', ...COUNTS], width).text
  const bookmarks = streamTable(record, ['stream', ...BOOKMARKS], width).text
  return [stats, '', bookmarks, '']
}

/** A run that ended before it read anything has nothing to show in a table. */
function hasRows(record: RunRecord): boolean {
  if (record.outcome === 'succeeded') return true
  return Object.values(totalsOf(record)).some((count) => count > 0)
}

/**
 * Run stats and bookmarks of a finished run, and a sentence about its outcome, for a width in
 * columns.
 */
export function summaryText(
  record: RunRecord,
  { resources }: Pick<Connection, 'resources'>,
  width: number,
): string {
  const tables = hasRows(record) ? streamTables(record, width) : []
  return [...tables, requestsText(record), endText(record, resources)].join('\n')
}
