/** `clickhouse://USER:PASSWORD@HOST:PORT/DATABASE?option=value`. */

import { AppError } from '../../errors.ts'

export interface ClickhouseUrl {
  host: string
  port: number
  isSecure: boolean
  user: string
  password: string
  /** Undefined: the server's database `default`. */
  database: string | undefined
  /** The name of a cluster whose servers all get the tables; undefined for one server. */
  cluster: string | undefined
  /** The path of a file with the certificate authorities of the server. */
  caFile: string | undefined
  /** How long to wait for tables that another load holds. */
  lockWaitMs: number
}

const SECURE_PORT = 8443
const PLAIN_PORT = 8123
const DEFAULT_LOCK_WAIT_SECONDS = 10
const OPTIONS = ['secure', 'cluster', 'ca_file', 'lock_wait_seconds']
const HINT =
  'Write clickhouse://USER:PASSWORD@HOST:PORT/DATABASE, with %XX for special characters such as # ? / @ %.'

function urlError(sentence: string, hint = HINT): AppError {
  return new AppError('CONFIG_INVALID', sentence, { hint })
}

function decoded(text: string): string {
  let value: string
  try {
    value = decodeURIComponent(text)
  } catch {
    throw urlError('`warehouse_url` holds a % that does not begin an escape.')
  }
  if (/\p{Cc}/u.test(value)) throw urlError('`warehouse_url` holds a control character.')
  return value
}

/** A password with `#`, `?` or `/` would make its rest a part of something that messages quote. */
function assertWhole({ hash, username, pathname, search }: URL): void {
  const isCut = hash !== '' || pathname.includes('@') || search.includes('@')
  if (!isCut && !(username === '' && search.includes(':'))) return
  throw urlError(
    '`warehouse_url` holds a special character that ends its host or begins something else.',
  )
}

function checkOptions(options: URLSearchParams): void {
  for (const [name, value] of options) {
    if (!OPTIONS.includes(name)) {
      throw urlError(
        `\`warehouse_url\` has an option ${JSON.stringify(name)}; known are ${OPTIONS.join(', ')}.`,
        'Leave the option out.',
      )
    }
    if (value === '') throw urlError(`The option \`${name}\` of \`warehouse_url\` is empty.`)
  }
}

function isSecureOf(text: string | null): boolean {
  if (text === null || text === 'true') return true
  if (text === 'false') return false
  throw urlError('`secure` in `warehouse_url` must be true or false.')
}

function lockWaitMsOf(text: string | null): number {
  const seconds = text === null ? DEFAULT_LOCK_WAIT_SECONDS : Number(text)
  if (seconds >= 0) return seconds * 1000
  throw urlError('`lock_wait_seconds` in `warehouse_url` must be a number of seconds.')
}

/** Parses the options; Node's parser gives the parts of an unknown scheme only with a host. */
function parseParts(url: string): URL {
  if (!URL.canParse(url) || !/^clickhouse:\/\//i.test(url)) {
    throw urlError('`warehouse_url` is not a URL.')
  }
  const parsed = new URL(url)
  assertWhole(parsed)
  checkOptions(parsed.searchParams)
  return parsed
}

/**
 * Throws CONFIG_INVALID for an unknown option or an invalid value. Messages never quote the
 * password.
 */
export function parseUrl(url: string, env: NodeJS.ProcessEnv): ClickhouseUrl {
  const { hostname, port, username, password, pathname, searchParams } = parseParts(url)
  const isSecure = isSecureOf(searchParams.get('secure'))
  const database = decoded(pathname.replace(/^\//, ''))
  return {
    host: hostname || 'localhost',
    port: port === '' ? (isSecure ? SECURE_PORT : PLAIN_PORT) : Number(port),
    isSecure,
    user: decoded(username) || (env['CLICKHOUSE_USER'] ?? '') || 'default',
    password: decoded(password) || (env['CLICKHOUSE_PASSWORD'] ?? ''),
    database: database === '' ? undefined : database,
    cluster: searchParams.get('cluster') ?? undefined,
    caFile: searchParams.get('ca_file') ?? undefined,
    lockWaitMs: lockWaitMsOf(searchParams.get('lock_wait_seconds')),
  }
}
