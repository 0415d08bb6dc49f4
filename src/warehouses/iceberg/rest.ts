/**
 * Reads the REST catalog directly: what it can do, and what its tables are. DuckDB would read the
 * columns of a table only when a statement uses it, and not whether they may be null.
 */

import { AppError } from '../../errors.ts'
import { foldName } from '../../urls/name-folding.ts'
import { fieldOf, NotFoundError, send, serverOf, type Server } from './http.ts'
import { catalogServer, SignIn } from './sign-in.ts'
import type { IcebergUrl } from './url.ts'

const COMMIT = 'POST /v1/{prefix}/transactions/commit'
/** Tables that are read at once. */
const PARALLEL = 8

/** A table as the catalog describes it. */
export interface RestTable {
  name: string
  /** The table's metadata, by the specification of Iceberg. */
  metadata: unknown
}

function folded(name: string): string {
  return foldName(name, { isCaseSensitive: false })
}

export class IcebergRest {
  readonly #url: IcebergUrl
  readonly #signIn: SignIn
  readonly #server: Server
  #prefix: string | undefined

  constructor(url: IcebergUrl, env: NodeJS.ProcessEnv) {
    this.#url = url
    this.#signIn = new SignIn(url.auth, env)
    this.#server = catalogServer(url.auth)
  }

  async #get(path: string, query: Record<string, string>): Promise<unknown> {
    const url = new URL(`${this.#url.endpoint}/v1/${path}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const headers = await this.#signIn.headersFor(url)
    return send(url, { method: 'GET', headers }, this.#server)
  }

  /** Throws CONFIG_INVALID when the catalog commits only one table at a time. */
  async open(): Promise<void> {
    const { warehouse, endpoint } = this.#url
    const config = await this.#get('config', warehouse === '' ? {} : { warehouse })
    const prefixes = ['overrides', 'defaults'].map((name) =>
      fieldOf(fieldOf(config, name), 'prefix'),
    )
    this.#prefix = prefixes.find((prefix) => typeof prefix === 'string') ?? ''
    // Without a list, the specification lets clients assume it. But servers that are older than
    // lists, and AWS's, have none and lack the endpoint.
    const endpoints = fieldOf(config, 'endpoints')
    if (Array.isArray(endpoints) && endpoints.includes(COMMIT)) return
    throw new AppError(
      'CONFIG_INVALID',
      `The Iceberg catalog at ${serverOf(endpoint)} cannot commit several tables at once, so rows and STATE could not be kept together.`,
      { hint: `Use a catalog with the endpoint "${COMMIT}".` },
    )
  }

  #path(namespace: string, ...rest: string[]): string {
    if (this.#prefix === undefined) throw new Error('The catalog is not open')
    const prefix = this.#prefix === '' ? [] : [this.#prefix]
    return [...prefix, 'namespaces', encodeURIComponent(namespace), ...rest].join('/')
  }

  /** Names of the tables; none when the namespace does not exist. */
  async tableNames(namespace: string): Promise<string[]> {
    const names: string[] = []
    let pageToken: unknown
    do {
      const page = await this.#get(
        this.#path(namespace, 'tables'),
        typeof pageToken === 'string' ? { pageToken } : {},
      ).catch((error: unknown) => {
        if (error instanceof NotFoundError) return undefined
        throw error
      })
      const found = fieldOf(page, 'identifiers')
      if (Array.isArray(found)) names.push(...found.map((one) => String(fieldOf(one, 'name'))))
      pageToken = fieldOf(page, 'next-page-token')
    } while (typeof pageToken === 'string' && pageToken !== '')
    return names
  }

  /** Undefined when the table does not exist, or is none of Iceberg. */
  async table(namespace: string, name: string): Promise<RestTable | undefined> {
    const path = this.#path(namespace, 'tables', encodeURIComponent(name))
    try {
      const answer = await this.#get(path, { snapshots: 'refs' })
      return { name, metadata: fieldOf(answer, 'metadata') }
    } catch (error) {
      if (error instanceof NotFoundError) return undefined
      throw error
    }
  }

  /** The tables whose name begins with the prefix, in any case of A to Z. */
  async tables(namespace: string, prefix: string): Promise<RestTable[]> {
    const names = (await this.tableNames(namespace)).filter((name) =>
      folded(name).startsWith(folded(prefix)),
    )
    const tables: RestTable[] = []
    for (let at = 0; at < names.length; at += PARALLEL) {
      const some = names.slice(at, at + PARALLEL).map(async (name) => this.table(namespace, name))
      tables.push(...(await Promise.all(some)).filter((table) => table !== undefined))
    }
    return tables
  }
}
