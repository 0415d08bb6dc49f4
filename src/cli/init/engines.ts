/** Pure: the warehouses that `init` offers, and the URLs that answers make. */

import { schemeOf } from '../../urls/warehouse-urls.ts'

export interface Engine {
  label: string
  question: string
  /** Used for an empty answer. */
  fallback?: string
}

export const ENGINES = {
  duckdb: {
    label: 'a file on this machine',
    question: 'DuckDB file',
    fallback: 'duckdb:warehouse.duckdb',
  },
  postgres: {
    label: 'a PostgreSQL server',
    question: 'URL, such as postgres://loader@db.example.com:5432/analytics',
  },
  ducklake: {
    label: 'a lake with its catalog in PostgreSQL or in a file',
    question: 'URL, such as ducklake:postgres://loader@db/lake?data_path=s3://bucket/cio',
  },
  iceberg: {
    label: 'a lake with an Iceberg REST catalog',
    question: 'URL, such as iceberg:https://catalog.example.com/catalog?warehouse=analytics',
  },
  clickhouse: {
    label: 'a ClickHouse server',
    question: 'URL, such as clickhouse://loader@ch.example.com:8443/marketing',
  },
} as const satisfies Record<string, Engine>

export type EngineName = keyof typeof ENGINES

export function isEngine(name: string): name is EngineName {
  return Object.hasOwn(ENGINES, name)
}

/** The engine of a URL; DuckDB for a URL of none. */
export function engineOf(url: string): EngineName {
  const scheme = schemeOf(url)
  if (scheme === 'postgresql') return 'postgres'
  return isEngine(scheme) ? scheme : 'duckdb'
}

/** The URL that an answer means. For DuckDB the path of a file is enough. */
export function urlOfAnswer(engine: EngineName, answer: string): string {
  if (engine !== 'duckdb' || answer.startsWith('duckdb:')) return answer
  return `duckdb:${answer.replaceAll('%', '%25').replaceAll('?', '%3F')}`
}

/** What stands before the password: schemes and user. */
const USER = /^((?:ducklake:)?(?:postgres|postgresql|clickhouse):\/\/)([^:@/?#]+)@/i

/** The user of a URL with a user and without a password. */
export function userWithoutPassword(url: string): string | undefined {
  if (/[?&](?:password|passfile)=/i.test(url)) return undefined
  return USER.exec(url)?.[2]
}

/** What stands before the password, and the password. */
const USER_AND_PASSWORD =
  /^((?:ducklake:)?(?:postgres|postgresql|clickhouse):\/\/[^:@/?#]+):[^@/?#]*@/i

/** The URL that asks for its password again. */
export function withoutPassword(url: string): string {
  return url.replace(USER_AND_PASSWORD, '$1@')
}

/** The URL with a password. A reference to a variable stays one. An empty one changes nothing. */
export function withPassword(url: string, password: string): string {
  if (password === '') return url
  const isReference = /^\$\{\w+\}$/.test(password)
  const encoded = isReference ? password : encodeURIComponent(password)
  return url.replace(USER, (_whole, scheme: string, user: string) => `${scheme}${user}:${encoded}@`)
}
