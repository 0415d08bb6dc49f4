/** `duckdb:PATH[?option=value]`. */

import { AppError } from '../../errors.ts'

export interface DuckdbUrl {
  path: string
  /** Settings of the database, as DuckDB names them. */
  options: Record<string, string>
  /** How long a file that another process holds is waited for. */
  lockWaitMs: number
}

const DEFAULT_LOCK_WAIT_SECONDS = 10
const OPTIONS = ['memory_limit', 'threads', 'temp_directory', 'lock_wait_seconds']

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Throws CONFIG_INVALID without a path or with an option that we do not pass on. */
export function parseUrl(url: string): DuckdbUrl {
  const [location = '', query = ''] = url.slice(url.indexOf(':') + 1).split('?', 2)
  const path = decoded(location.replace(/^\/\/(?=\/)/, ''))
  if (path === '' || path.startsWith('//')) {
    throw new AppError('CONFIG_INVALID', '`warehouse_url` names no DuckDB file.', {
      hint: 'Write duckdb:PATH, for example duckdb:warehouse.duckdb or duckdb:/data/warehouse.duckdb.',
    })
  }
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
