/**
 * Parses `postgres://USER:PASSWORD@HOST:PORT/DATABASE?option=value`. As in libpq, the PG* variables
 * fill in what the URL leaves out. Our own code, because pg-connection-string checks no option and
 * reads no PG* variable.
 */

import { userInfo } from 'node:os'
import { AppError } from '../../errors.ts'
import { isLoopbackHost } from '../../urls/url-safety.ts'
import { ignoredOptions, isLibpqOption, wantedValues } from './url-options.ts'

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
type SslMode = (typeof SSL_MODES)[number]

export interface PostgresUrl {
  /** A host name, an address, or the folder of a Unix socket. */
  host: string
  port: number
  user: string
  /** Undefined: read from the password file. */
  password: string | undefined
  database: string
  sslMode: SslMode
  /** Paths. Undefined: libpq's standard files, else the certificate authorities of Node. */
  sslRootCert: string | undefined
  sslCert: string | undefined
  sslKey: string | undefined
  /** The oldest version of TLS that is accepted. */
  minTlsVersion: 'TLSv1.2' | 'TLSv1.3'
  isBindingRequired: boolean
  /** Undefined: the standard file of libpq. */
  passFile: string | undefined
  /** Undefined: a name with the ID of this process. */
  applicationName: string | undefined
  /** Undefined: no keepalives. */
  keepAliveDelayMs: number | undefined
  /** Settings of the session, as `-c name=value`. */
  options: string | undefined
  /** Options of the URL that have no effect. */
  ignored: readonly string[]
  connectTimeoutMs: number
  /** How long to wait for tables that another load holds. */
  lockWaitMs: number
}

const DEFAULT_PORT = 5432
const DEFAULT_KEEP_ALIVE_SECONDS = 30
const DEFAULT_CONNECT_TIMEOUT_SECONDS = 15
const DEFAULT_LOCK_WAIT_SECONDS = 10
const OPTIONS = [
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'options',
  'connect_timeout',
  'lock_wait_seconds',
]

function urlError(sentence: string, hint?: string): AppError {
  return new AppError('CONFIG_INVALID', sentence, hint === undefined ? {} : { hint })
}

function decoded(text: string): string | undefined {
  if (text === '') return undefined
  let value: string
  try {
    value = decodeURIComponent(text)
  } catch {
    throw urlError(
      '`warehouse_url` holds a % that does not begin an escape.',
      'Write % as %25, also in the password.',
    )
  }
  // The server would end the string there and read the rest as something else.
  if (value.includes('\0')) throw urlError('`warehouse_url` holds a NUL character (%00).')
  return value
}

/**
 * True for a password with `#`, `?` or `/`: messages would quote its rest as an option or a
 * database.
 */
function isPasswordCut({ hash, username, pathname, searchParams }: URL): boolean {
  if (hash !== '') return true
  if (username !== '') return false
  const names = [...searchParams.keys()]
  // Values of known options may hold an @, as user names of Azure do.
  const hasUnknown = names.some((name) => !OPTIONS.includes(name) && !isLibpqOption(name))
  const rest = [pathname, ...names, ...(hasUnknown ? searchParams.values() : [])]
  return rest.some((part) => part.includes('@'))
}

function cutPassword(): AppError {
  return urlError(
    '`warehouse_url` holds a special character that ends its host or begins something else.',
    'Write # as %23, ? as %3F and / as %2F, also in the password.',
  )
}

/** libpq accepts several hosts with ports; Node's URL parser does not. */
const SEVERAL_HOSTS = /^[a-z]+:\/\/(?:[^/?#]*@)?[^/?#@]*,/i

function severalHosts(): AppError {
  return urlError('`warehouse_url` names several hosts.', 'Name the one that accepts writes.')
}

function parseParts(url: string): { parsed: URL; options: Map<string, string> } {
  if (!URL.canParse(url)) {
    if (SEVERAL_HOSTS.test(url)) throw severalHosts()
    throw urlError(
      '`warehouse_url` is not a URL.',
      'Write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %XX for special characters.',
    )
  }
  const parsed = new URL(url)
  if (isPasswordCut(parsed)) throw cutPassword()
  const options = new Map(parsed.searchParams)
  // For libpq a plus is a plus. In other options, such as `options=-c+name=value`, it means a
  // blank.
  const password = new URLSearchParams(parsed.search.replaceAll('+', '%2B')).get('password')
  if (password !== null) options.set('password', password)
  for (const [name, value] of options) checkOption(name, value)
  return { parsed, options }
}

function checkOption(name: string, value: string): void {
  if (OPTIONS.includes(name)) return
  if (!isLibpqOption(name)) {
    throw urlError(
      `\`warehouse_url\` has an option ${JSON.stringify(name)}; known are ${OPTIONS.join(', ')}.`,
      'Leave the option out.',
    )
  }
  const wanted = wantedValues(name, value)
  if (wanted !== undefined) {
    throw urlError(
      `The option \`${name}\` of \`warehouse_url\` must be ${wanted}.`,
      `Correct ${name}, or leave it out.`,
    )
  }
}

/** True for a connection that stays on this machine: a Unix socket or a loopback address. */
export function isLocal(host: string): boolean {
  return host.startsWith('/') || isLoopbackHost(host)
}

function seconds(text: string | undefined, standard: number, name: string): number {
  const value = text === undefined || text === '' ? standard : Number(text)
  if (!(value >= 0)) throw urlError(`\`${name}\` must be a number of seconds.`)
  return value * 1000
}

function portOf(text: string | undefined): number {
  const port = text === undefined || text === '' ? DEFAULT_PORT : Number(text)
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw urlError('The port of the PostgreSQL server must be a whole number from 1 to 65535.')
  }
  return port
}

function sslModeOf(text: string | undefined, host: string): SslMode {
  if (text === undefined || text === '') return isLocal(host) ? 'prefer' : 'verify-full'
  const mode = SSL_MODES.find((known) => known === text)
  if (mode) return mode
  throw urlError(`\`sslmode\` must be one of ${SSL_MODES.join(', ')}, not ${JSON.stringify(text)}.`)
}

function osUser(): string {
  try {
    return userInfo().username
  } catch {
    return 'postgres'
  }
}

function keepAliveDelayMs(options: ReadonlyMap<string, string>): number | undefined {
  if (options.get('keepalives') === '0') return undefined
  const idleSeconds = Number(options.get('keepalives_idle') ?? 0)
  return (idleSeconds > 0 ? idleSeconds : DEFAULT_KEEP_ALIVE_SECONDS) * 1000
}

/**
 * Throws CONFIG_INVALID for an unknown option or an invalid value. Messages never quote the
 * password.
 */
export function parseUrl(url: string, env: NodeJS.ProcessEnv): PostgresUrl {
  const { parsed, options } = parseParts(url)
  const pick = (option: string, part: string | undefined, variable: string) =>
    options.get(option) ?? part ?? (env[variable] === '' ? undefined : env[variable])
  const plainHost = decoded(parsed.hostname.replace(/^\[(.*)\]$/, '$1'))
  const host = pick('host', plainHost, 'PGHOST') ?? 'localhost'
  if (host.includes(',')) throw severalHosts()
  const user = pick('user', decoded(parsed.username), 'PGUSER') ?? osUser()
  return {
    host,
    port: portOf(pick('port', parsed.port === '' ? undefined : parsed.port, 'PGPORT')),
    user,
    password: pick('password', decoded(parsed.password), 'PGPASSWORD'),
    database: pick('dbname', decoded(parsed.pathname.replace(/^\//, '')), 'PGDATABASE') ?? user,
    sslMode: sslModeOf(pick('sslmode', undefined, 'PGSSLMODE'), host),
    sslRootCert: pick('sslrootcert', undefined, 'PGSSLROOTCERT'),
    sslCert: pick('sslcert', undefined, 'PGSSLCERT'),
    sslKey: pick('sslkey', undefined, 'PGSSLKEY'),
    minTlsVersion:
      pick('ssl_min_protocol_version', undefined, 'PGSSLMINPROTOCOLVERSION') === 'TLSv1.3'
        ? 'TLSv1.3'
        : 'TLSv1.2',
    isBindingRequired: pick('channel_binding', undefined, 'PGCHANNELBINDING') === 'require',
    passFile: options.get('passfile'),
    applicationName: pick('application_name', undefined, 'PGAPPNAME'),
    keepAliveDelayMs: keepAliveDelayMs(options),
    options: pick('options', undefined, 'PGOPTIONS'),
    ignored: ignoredOptions(options),
    connectTimeoutMs: seconds(
      pick('connect_timeout', undefined, 'PGCONNECT_TIMEOUT'),
      DEFAULT_CONNECT_TIMEOUT_SECONDS,
      'connect_timeout',
    ),
    lockWaitMs: seconds(
      options.get('lock_wait_seconds'),
      DEFAULT_LOCK_WAIT_SECONDS,
      'lock_wait_seconds',
    ),
  }
}
