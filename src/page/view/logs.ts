/** Lines of a log as they arrive. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'

type Line = Api<'LogLine'>

const LEVELS: readonly Api<'LogLevel'>[] = ['debug', 'info', 'warning', 'error', 'critical']

/** The page keeps this many lines of a run in progress. The download has all. */
export const MAX_LINES = 5000

export interface LogFilter {
  /** The lowest level to show. Empty for all. */
  level: string
  search: string
}

export function isShown({ level, message }: Line, filter: LogFilter): boolean {
  const lowest = LEVELS.findIndex((one) => one === filter.level)
  const hasLevel = LEVELS.indexOf(level) >= lowest
  return hasLevel && message.toLowerCase().includes(filter.search.trim().toLowerCase())
}

/** The lines with others added, each number once, in order. */
export function withLines(known: readonly Line[], added: readonly Line[]): Line[] {
  const last = known.at(-1)?.line ?? 0
  const isInOrder = added.every(({ line }, at) => line > (added[at - 1]?.line ?? last))
  const all = isInOrder ? [...known, ...added] : inOrder([...known, ...added])
  return all.slice(-MAX_LINES)
}

/**
 * What was read, and the lines that arrived meanwhile and match. Those count only behind the end:
 * between a page and the newest line, lines would be missing.
 */
export function joinedLines(
  read: { lines: readonly Line[]; next: number | null } | undefined,
  added: readonly Line[],
  filter: LogFilter,
): readonly Line[] {
  if (!read) return []
  const last = read.lines.at(-1)?.line ?? 0
  const newer = added.filter((line) => line.line > last && isShown(line, filter))
  return read.next === null && newer.length > 0 ? withLines(read.lines, newer) : read.lines
}

/** Whether lines are missing between what was read to the end and what arrived since then. */
export function hasGap(
  read: readonly Line[],
  added: readonly Line[],
  { level, search }: LogFilter,
): boolean {
  const [first] = added
  // With a filter, the last line that was read is not the last one of the log.
  if (!first || level !== '' || search.trim() !== '') return false
  return first.line > (read.at(-1)?.line ?? 0) + 1
}

function inOrder(lines: readonly Line[]): Line[] {
  return [...new Map(lines.map((line) => [line.line, line])).values()].toSorted(
    (a, b) => a.line - b.line,
  )
}

export const LOG_LEVELS = LEVELS
