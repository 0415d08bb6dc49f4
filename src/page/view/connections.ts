/** What the list of connections shows. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'
import { knownSum } from './numbers.ts'

type Connection = Api<'Connection'>

export interface Totals {
  live: number | null
  deleted: number | null
}

export function rowTotals({ streams }: Connection): Totals {
  return {
    live: knownSum(streams.map(({ live_rows }) => live_rows)),
    deleted: knownSum(streams.map(({ deleted_rows }) => deleted_rows)),
  }
}

/** Why no run is due, or undefined when one is. */
export function noNextRunText({ schedule, status }: Connection): string | undefined {
  if (schedule.is_paused) return 'Paused'
  if (schedule.next_run !== null) return undefined
  if (status === 'invalid') return 'Not known'
  if (schedule.type === 'manual') return 'Manual only'
  return schedule.is_run_by_a_process === false ? 'Schedules are off' : 'None'
}

/** Why the file cannot be used, in lines. The console escapes them. */
export function problemText(problem: string): string {
  return problem.replaceAll(String.raw`\u000a`, '\n')
}

/** The stream with the oldest freshness; one that was never read completely comes first. */
export function oldestFresh({ streams }: Connection): string | null {
  const times = streams.map(({ fresh_until }) => fresh_until)
  if (times.length === 0 || times.includes(null)) return null
  return times.filter((time) => time !== null).toSorted()[0] ?? null
}

const PROBLEM_STATES: readonly Connection['status'][] = [
  'invalid',
  'failed',
  'crashed',
  'backing_off',
]

export type ListFilter = 'all' | 'problems' | 'running' | 'paused'

const FILTERS: Readonly<Record<ListFilter, (connection: Connection) => boolean>> = {
  all: () => true,
  problems: ({ status }) => PROBLEM_STATES.includes(status),
  running: ({ current_run }) => current_run !== null,
  paused: ({ schedule }) => schedule.is_paused,
}

const NAMES = new Intl.Collator('en', { numeric: true })

/** The connections that match a filter and a part of their name, by name. */
export function matching(
  connections: readonly Connection[],
  filter: ListFilter,
  text: string,
): Connection[] {
  const wanted = text.trim().toLowerCase()
  return connections
    .filter((one) => FILTERS[filter](one) && one.name.toLowerCase().includes(wanted))
    .toSorted((a, b) => NAMES.compare(a.name, b.name))
}

/** What of the list of connections is shown. */
export interface ShownList {
  filter: ListFilter
  text: string
}

export const ALL_CONNECTIONS: ShownList = { filter: 'all', text: '' }

/** What the browser's history keeps of the list. Undefined when it keeps something else. */
export function shownIn(state: unknown): ShownList | undefined {
  const { connections } = Object(state) as { connections?: unknown }
  const { filter, text } = Object(connections) as { filter?: unknown; text?: unknown }
  const isKnown = typeof filter === 'string' && Object.hasOwn(FILTERS, filter)
  return isKnown && typeof text === 'string' ? { filter: filter as ListFilter, text } : undefined
}

export function countOf(connections: readonly Connection[], filter: ListFilter): number {
  return connections.filter(FILTERS[filter]).length
}

function withSchema({ schema }: Connection['destination'], table: string): string {
  return schema === null ? table : `${schema}.${table}`
}

/** Tables of the streams in the warehouse, with their schema. */
export function tableNames({ streams, destination }: Connection): string[] {
  return streams.map(({ table }) => withSchema(destination, table))
}

/** Tables that a connection leaves in the warehouse, as far as a run has created them. */
export function remainingTables(connection: Connection): string[] {
  const { destination, streams } = connection
  if (streams.length === 0) return []
  const loads = withSchema(destination, `${destination.table_prefix}_sdc_loads`)
  return [...tableNames(connection), loads]
}

/** Whether the page can cancel the run in progress. */
export function isCancellable({ current_run }: Connection): boolean {
  return current_run !== null && ['queued', 'running'].includes(current_run.state)
}
