/** `duckdb:PATH[?option=value]`. */

import { AppError } from '../../errors.ts'
import { splitDuckdbUrl } from '../../urls/warehouse-urls.ts'
import { motherduckRefusal } from '../motherduck.ts'

export interface DuckdbUrl {
  path: string
  /** Settings of the database, as DuckDB names them. */
  options: Record<string, string>
  /** How long to wait for a file that another process holds. */
  lockWaitMs: number
}

const DEFAULT_LOCK_WAIT_SECONDS = 10
const OPTIONS = ['memory_limit', 'threads', 'temp_directory', 'lock_wait_seconds']
/** Settings of DuckDB that the URL of a lake may have. */
export const LAKE_SETTINGS = ['extension_directory', 'memory_limit', 'temp_directory', 'threads']
const PATH_HINT =
  'Write duckdb:PATH, for example duckdb:warehouse.duckdb or duckdb:/data/warehouse.duckdb.'

function refusal(sentence: string, hint = PATH_HINT): AppError {
  return new AppError('CONFIG_INVALID', sentence, { hint })
}

/**
 * Throws CONFIG_INVALID for a database that is not a local file: memory, a service, or a database
 * of an extension. Messages quote the prefix only, because a token or a password may follow.
 */
function assertFile(path: string): void {
  // Other tools write duckdb:///:memory: and duckdb:///md:NAME.
  const name = path.trim().replace(/^\/+/, '')
  // For DuckDB a NUL ends the path, and an empty path means memory.
  if (/\p{Cc}/u.test(path)) throw refusal('`warehouse_url` has a control character in its path.')
  if (/^:memory:/i.test(name)) {
    throw refusal(
      '`warehouse_url` names a DuckDB database in memory, which is lost when the program ends.',
    )
  }
  if (/^(?:md|motherduck):/i.test(name)) throw motherduckRefusal()
  if (name === '' || path.startsWith('//')) throw refusal('`warehouse_url` names no DuckDB file.')
  // For DuckDB one letter before a colon is a Windows drive.
  const prefix = /^(?:\w{2,}:|[a-z][a-z\d+.-]*:\/\/)/i.exec(path)?.[0]
  if (prefix === undefined) return
  throw refusal(
    `\`warehouse_url\` names a DuckDB database at ${JSON.stringify(prefix)}, and only local files are supported.`,
    `${PATH_HINT} For a file whose name begins like this, write duckdb:./PATH.`,
  )
}

/** Throws CONFIG_INVALID when the path is not a local file, or an option is unknown. */
export function parseUrl(url: string): DuckdbUrl {
  const { path, query } = splitDuckdbUrl(url)
  assertFile(path)
  const options = Object.fromEntries(new URLSearchParams(query))
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name))
  if (unknown !== undefined) {
    throw new AppError(
      'CONFIG_INVALID',
      `\`warehouse_url\` has an option ${JSON.stringify(unknown)}; known are ${OPTIONS.join(', ')}.`,
    )
  }
  const { lock_wait_seconds: lockWait = String(DEFAULT_LOCK_WAIT_SECONDS), ...rest } = options
  const lockWaitMs = Number(lockWait) * 1000
  if (!(lockWaitMs >= 0)) {
    throw new AppError(
      'CONFIG_INVALID',
      '`lock_wait_seconds` in `warehouse_url` must be a number of seconds.',
    )
  }
  return { path, options: rest, lockWaitMs }
}
