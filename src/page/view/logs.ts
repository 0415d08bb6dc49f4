/** Lines of a log as they arrive. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'

type Line = Api<'LogLine'>

const LEVELS: readonly Api<'LogLevel'>[] = ['debug', 'info', 'warning', 'error', 'critical']

/** The page keeps this many lines of a run in progress. The download has all. */
const MAX_LINES = 5000

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

function inOrder(lines: readonly Line[]): Line[] {
  return [...new Map(lines.map((line) => [line.line, line])).values()].toSorted(
    (a, b) => a.line - b.line,
  )
}

export const LOG_LEVELS = LEVELS
