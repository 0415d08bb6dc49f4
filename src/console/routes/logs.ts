/** The log of a run: search, levels and download. */

import { ApiError } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import { readLogLines, type LogLine } from '../runs/run-logs.ts'
import type { Services } from '../services.ts'
import { param, type Call, type Handlers } from './call.ts'
import { openRun } from './runs.ts'

/** From the lowest to the highest. */
const LEVELS: readonly Api<'LogLevel'>[] = ['debug', 'info', 'warning', 'error', 'critical']

/** Throws NO_LOG, and UNKNOWN_NAME for an unknown run. */
async function linesOf(services: Services, call: Call): Promise<readonly LogLine[]> {
  const { dataFolder, entry } = await openRun(services, call)
  const lines = await readLogLines(dataFolder, entry.run)
  if (!lines) throw new ApiError('NO_LOG', 'The log of this run is not kept.')
  const { logger } = services.options
  return lines.map((line) => ({ ...line, message: logger.clean(line.message) }))
}

function isFound({ level, message }: LogLine, query: Api<'LogQuery'>): boolean {
  const lowest = query.level === undefined ? 0 : LEVELS.indexOf(query.level)
  if (LEVELS.indexOf(level) < lowest) return false
  return message.toLowerCase().includes((query.search ?? '').toLowerCase())
}

/** Pure. */
function logPage(lines: readonly LogLine[], query: Api<'LogQuery'>): Api<'RunLog'> {
  const found = lines.filter((line) => line.line > query.after && isFound(line, query))
  const shown = found.slice(0, query.limit)
  const last = found.length > shown.length ? shown.at(-1) : undefined
  return { lines: [...shown], next: last?.line ?? null }
}

/** Pure. */
function logText(lines: readonly LogLine[]): string {
  return lines
    .map(
      ({ at, level, program, message }) => `${at} ${level.toUpperCase()} ${program}: ${message}\n`,
    )
    .join('')
}

export function logHandlers(services: Services): Handlers<'getRunLog' | 'downloadRunLog'> {
  return {
    getRunLog: async (call) => {
      const lines = await linesOf(services, call)
      return { body: logPage(lines, call.query as Api<'LogQuery'>) }
    },
    downloadRunLog: async (call) => {
      const text = logText(await linesOf(services, call))
      const file = `${param(call, 'name')}-${param(call, 'run_id')}.txt`
      const headers = { 'content-disposition': `attachment; filename="${file}"` }
      return { body: text, headers }
    },
  }
}
