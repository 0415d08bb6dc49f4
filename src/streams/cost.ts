/** Pure: the requests of one complete read of a stream, for people and as a number. */

import type {
  ChildrenDefinition,
  ListDefinition,
  StreamDefinition,
  WindowsDefinition,
} from './definition.ts'
import { parentOf } from './index.ts'

/** Rows of a stream, by its id. */
export type StreamSizes = ReadonlyMap<string, number>

function partCount({ parts }: ListDefinition): number {
  return parts?.length ?? 1
}

/** `campaign_actions` holds `campaign action`s. */
function rowWord(stream: string): string {
  return stream.replaceAll('_', ' ').replace(/s$/, '')
}

function listCost(definition: ListDefinition): string {
  const { pageRows } = definition
  const count = partCount(definition)
  if (pageRows === undefined) return count === 1 ? '1 request' : `${count} requests`
  const pages = `1 request for each page of ${pageRows} rows`
  return count === 1 ? pages : `${pages}; ${count} lists`
}

function childrenCost({ parent, pageRows }: ChildrenDefinition): string {
  const first = `1 request for each ${rowWord(parent.stream)}`
  return pageRows === undefined
    ? first
    : `${first}, and for each ${pageRows} rows beyond ${pageRows}`
}

function windowsCost({ pageRows, window }: WindowsDefinition): string {
  return `1 request for each ${pageRows} rows and for each ${window.greatestDays} days; each row is read at up to ${window.ages.length} ages`
}

/** What a complete read costs, in a few words. A child stream also needs the list of its parent. */
export function costText(definition: StreamDefinition): string {
  if (definition.kind === 'list') return listCost(definition)
  return definition.kind === 'windows' ? windowsCost(definition) : childrenCost(definition)
}

/** A full page names a next page, which is empty if it was the last. */
function listRequests(definition: ListDefinition, rows: number): number {
  const count = partCount(definition)
  const { pageRows } = definition
  return pageRows === undefined ? count : count * (Math.floor(rows / count / pageRows) + 1)
}

function childrenRequests(
  { pageRows = Infinity }: ChildrenDefinition,
  rows: number,
  parents: number,
): number {
  if (parents === 0) return 0
  return parents * Math.max(1, Math.ceil(rows / parents / pageRows))
}

/** Days of a first sync without `start_date`, and windows until they have their greatest width. */
const KEPT_DAYS = 183
const NARROW_WINDOWS = 3

/** At most: the first sync, which reads each window twice to be certain that it missed no row. */
function windowsRequests({ pageRows, window }: WindowsDefinition, rows: number): number {
  const windows = NARROW_WINDOWS + Math.ceil(KEPT_DAYS / window.greatestDays)
  return 1 + 2 * windows + 2 * Math.ceil(rows / pageRows)
}

/** A list that moves while its pages are read is read until nothing new is found. */
function parentRequests(parent: ListDefinition, sizes: StreamSizes): number {
  const requests = requestsOf(parent, sizes)
  return parent.isShared || requests === 1 ? requests : 2 * requests
}

/**
 * Requests of a complete read without retries, with the rows evenly spread over parents and parts.
 * @param sizes rows of the stream and of its parent; a missing size counts as 0
 * @param options.withParent also counts the parent's list, for a child stream that is read alone
 */
export function requestsOf(
  definition: StreamDefinition,
  sizes: StreamSizes,
  { withParent = false }: { withParent?: boolean } = {},
): number {
  const rows = sizes.get(definition.id) ?? 0
  if (definition.kind === 'list') return listRequests(definition, rows)
  if (definition.kind === 'windows') return windowsRequests(definition, rows)
  const parent = parentOf(definition)
  const requests = childrenRequests(definition, rows, sizes.get(parent.id) ?? 0)
  return withParent ? requests + parentRequests(parent, sizes) : requests
}
