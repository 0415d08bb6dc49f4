/**
 * Metrics of the scheduler in the text format of Prometheus (0.0.4). Counters start at zero with
 * the process.
 *
 * Own code: ten series need no library, and prom-client would be a dependency of every install.
 */

import type { RunRecord } from '../history/record.ts'
import type { SchedulerEvent } from './job-loop.ts'

interface Family {
  type: 'counter' | 'gauge' | 'summary'
  help: string
}

const PREFIX = 'customerio_sync_'

const FAMILIES: Readonly<Record<string, Family>> = {
  runs_total: { type: 'counter', help: 'Ended runs, by outcome.' },
  run_seconds: { type: 'summary', help: 'Duration of ended runs.' },
  rows_total: { type: 'counter', help: 'Rows committed to the warehouse, by stream.' },
  last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last successful run ended, including runs before this process.',
  },
  next_run_timestamp_seconds: {
    type: 'gauge',
    help: 'When the next run is due, after the end of a pause.',
  },
  paused: {
    type: 'gauge',
    help: '1 while the connection is paused: after an error, or by a person.',
  },
  rate_limited_total: { type: 'counter', help: 'Requests that Customer.io throttled with 429.' },
  skipped_ticks_total: { type: 'counter', help: 'Ticks without a run, by reason.' },
}

type Labels = Readonly<Record<string, string>>

function escapeLabel(value: string): string {
  return value.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`)
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',')
}

/** Families in the order above, series in the order of their first sample. */
export class RunMetrics {
  /** Samples by series name, then by their labels as text. */
  readonly #samples = new Map<string, Map<string, number>>()
  #pausedByPerson: readonly string[] = []

  /** Notes a successful run that ended before this process started. */
  noteEarlier(connection: string, succeededAtMs: number): void {
    this.#set('last_success_timestamp_seconds', { connection }, succeededAtMs / 1000)
  }

  /** Shows the connections that a person has paused, and no others. */
  showPaused(connections: readonly string[]): void {
    const reason = 'person'
    for (const connection of this.#pausedByPerson)
      this.#series('paused').delete(labelText({ connection, reason }))
    for (const connection of connections) this.#set('paused', { connection, reason }, 1)
    this.#pausedByPerson = connections
  }

  note(event: SchedulerEvent): void {
    const connection = event.job.name
    switch (event.type) {
      case 'waiting':
        this.#set('next_run_timestamp_seconds', { connection }, event.next / 1000)
        this.#add('paused', { connection, reason: 'error' }, 0)
        return
      case 'ended':
        this.#noteRun(connection, event.record)
        return
      case 'failed':
        this.#add('runs_total', { connection, status: 'failed' }, 1)
        return
      case 'skipped':
        this.#add('skipped_ticks_total', { connection, reason: event.reason }, 1)
        return
      case 'paused':
      case 'resumed':
        this.#set('paused', { connection, reason: 'error' }, event.type === 'paused' ? 1 : 0)
        return
      case 'started':
    }
  }

  /** Drops every series of a connection that was removed or has no schedule any more. */
  forget(connection: string): void {
    const label = labelText({ connection })
    for (const series of this.#samples.values())
      for (const labels of series.keys())
        if (labels === label || labels.startsWith(`${label},`)) series.delete(labels)
  }

  text(): string {
    const lines = Object.entries(FAMILIES).flatMap(([name, { type, help }]) => {
      const series = type === 'summary' ? [`${name}_sum`, `${name}_count`] : [name]
      const samples = series.flatMap((one) =>
        [...(this.#samples.get(one) ?? [])].map(
          ([labels, value]) => `${PREFIX}${one}{${labels}} ${value}`,
        ),
      )
      return [`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${type}`, ...samples]
    })
    return `${lines.join('\n')}\n`
  }

  #noteRun(connection: string, record: RunRecord): void {
    this.#add('runs_total', { connection, status: record.outcome }, 1)
    this.#add('run_seconds_sum', { connection }, record.seconds ?? 0)
    this.#add('run_seconds_count', { connection }, 1)
    this.#add('rate_limited_total', { connection }, record.rate_limited)
    for (const { stream, rows_loaded: rows } of record.streams)
      this.#add('rows_total', { connection, stream }, rows)
    if (record.outcome === 'succeeded' && record.ended_at !== null)
      this.noteEarlier(connection, Date.parse(record.ended_at))
  }

  #series(name: string): Map<string, number> {
    const known = this.#samples.get(name) ?? new Map<string, number>()
    this.#samples.set(name, known)
    return known
  }

  #add(name: string, labels: Labels, value: number): void {
    const text = labelText(labels)
    this.#series(name).set(text, (this.#series(name).get(text) ?? 0) + value)
  }

  #set(name: string, labels: Labels, value: number): void {
    this.#series(name).set(labelText(labels), value)
  }
}
