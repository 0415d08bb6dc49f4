/**
 * Options of libpq that `warehouse_url` may hold: the values that we support, and those without an
 * effect.
 */

interface Known {
  /** Values that we support. */
  values: RegExp
  /** The supported values, in words. */
  words: string
  /** Values that have no effect here but have one in libpq. They are logged. */
  ignored?: RegExp
}

const NUMBER = { values: /^-?\d+$/, words: 'a whole number' }
const ANY = { values: /^/s, words: 'any string' }
const ALL = /^/s

const KNOWN: Readonly<Record<string, Known>> = {
  application_name: ANY,
  // `application_name` always has a value, so the fallback is never used.
  fallback_application_name: ANY,
  channel_binding: { values: /^(?:disable|prefer|require)$/, words: 'disable, prefer or require' },
  client_encoding: { values: /^(?:utf-?8|unicode|auto)$/i, words: 'utf8 or auto' },
  gssencmode: { values: /^(?:disable|prefer)$/, words: 'disable or prefer' },
  gsslib: { ...ANY, ignored: ALL },
  gssdelegation: { values: /^[01]$/, words: '0 or 1', ignored: /^1$/ },
  keepalives: { values: /^[01]$/, words: '0 or 1' },
  keepalives_idle: NUMBER,
  keepalives_interval: { ...NUMBER, ignored: ALL },
  keepalives_count: { ...NUMBER, ignored: ALL },
  krbsrvname: { ...ANY, ignored: ALL },
  load_balance_hosts: { values: /^(?:disable|random)$/, words: 'disable or random' },
  passfile: ANY,
  sslcompression: { values: /^[01]$/, words: '0 or 1', ignored: /^1$/ },
  ssl_min_protocol_version: {
    values: /^TLSv1(?:\.[123])?$/,
    words: 'TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3',
  },
  sslnegotiation: { values: /^postgres$/, words: 'postgres' },
  sslsni: { values: /^1$/, words: '1' },
  // A load writes, so a read-only server is refused anyway.
  target_session_attrs: {
    values: /^(?:any|read-write|primary|prefer-standby)$/,
    words: 'any, read-write, primary or prefer-standby, because a load writes',
  },
  tcp_user_timeout: { ...NUMBER, ignored: ALL },
}

export function isLibpqOption(name: string): boolean {
  return Object.hasOwn(KNOWN, name)
}

/** What the option must be, when its value is not supported; else undefined. */
export function wantedValues(name: string, value: string): string | undefined {
  const known = KNOWN[name]
  return known && !known.values.test(value) ? known.words : undefined
}

/** Names of the given options that have no effect. */
export function ignoredOptions(options: ReadonlyMap<string, string>): string[] {
  return [...options].flatMap(([name, value]) => (KNOWN[name]?.ignored?.test(value) ? [name] : []))
}
