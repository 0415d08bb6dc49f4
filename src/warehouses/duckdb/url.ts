/** `duckdb:PATH[?option=value]`. */

import { AppError } from '../../errors.ts'
import { decodePercent } from '../../percent-decoding.ts'
import { motherduckRefusal } from '../motherduck.ts'

export interface DuckdbUrl {
  path: string
  /** Settings of the database, as DuckDB names them. */
  options: Record<string, string>
  /** How long a file that another process holds is waited for. */
  lockWaitMs: number
}

const DEFAULT_LOCK_WAIT_SECONDS = 10
const OPTIONS = ['memory_limit', 'threads', 'temp_directory', 'lock_wait_seconds']
const PATH_HINT =
  'Write duckdb:PATH, for example duckdb:warehouse.duckdb or duckdb:/data/warehouse.duckdb.'

function refusal(sentence: string, hint = PATH_HINT): AppError {
  return new AppError('CONFIG_INVALID', sentence, { hint })
}

/**
 * Throws CONFIG_INVALID for what is no file of its own to DuckDB: memory, a service, or the database of an extension. Messages hold no
 * more than the prefix, because a token or a password may follow.
 */
function assertFile(path: string): void {
  // Other tools write duckdb:///:memory: and duckdb:///md:NAME.
  const name = path.trim().replace(/^\/+/, '')
  // A NUL ends the path for DuckDB, which takes an empty one for memory.
  if (/\p{Cc}/u.test(path)) throw refusal('`warehouse_url` has a control character in its path.')
  if (/^:memory:/i.test(name)) {
    throw refusal(
      '`warehouse_url` names a DuckDB database in memory, which is lost when the program ends.',
    )
  }
  if (/^(?:md|motherduck):/i.test(name)) throw motherduckRefusal()
  if (name === '' || path.startsWith('//')) throw refusal('`warehouse_url` names no DuckDB file.')
  // DuckDB takes one letter in front of a colon for a drive of Windows.
  const prefix = /^(?:\w{2,}:|[a-z][a-z\d+.-]*:\/\/)/i.exec(path)?.[0]
  if (prefix === undefined) return
  throw refusal(
    `\`warehouse_url\` names a DuckDB database at ${JSON.stringify(prefix)}, and only local files are supported.`,
    `${PATH_HINT} For a file whose name begins like this, write duckdb:./PATH.`,
  )
}

/** Throws CONFIG_INVALID without the path of a file or with an option that we do not pass on. */
export function parseUrl(url: string): DuckdbUrl {
  const [location = '', query = ''] = url.slice(url.indexOf(':') + 1).split('?', 2)
  const path = decodePercent(location.replace(/^\/\/(?=\/)/, ''))
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
