/**
 * The real engine of ClickHouse in this process: one folder with data, and a connection for each
 * set of settings that is in use. It is the npm package chdb, in the folder that TEST_CHDB names.
 */

import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { CHDB_FOLDER } from './chdb.ts'

/** What we use of the package. */
interface Chdb {
  Session: new (path: string) => Session
}

interface Session {
  queryAsync: (
    statement: string,
    options?: { format: string },
  ) => Promise<{ bytes: () => Uint8Array }>
  close: () => void
}

const requireThere = createRequire(join(resolve(CHDB_FOLDER ?? ''), 'package.json'))
const { Session } = requireThere('chdb') as Chdb

export interface EngineResult {
  body: Buffer
}

/** An error of the engine, as the server words it. */
export class EngineError extends Error {
  readonly code: number

  constructor(message: string) {
    super(message)
    this.code = Number(/Code: (\d+)/.exec(message)?.[1] ?? 0)
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** What a statement runs with. */
export interface EngineContext {
  database: string
  /** Settings and query parameters, as SET takes them. */
  settings: ReadonlyMap<string, string>
}

/** Statements that prepare a connection. */
function preparing({ database, settings }: EngineContext): string[] {
  const parts = [...settings].map(([name, value]) => `${name} = ${quoted(value)}`)
  const set = parts.length === 0 ? [] : [`set ${parts.join(', ')}`]
  return [`use \`${database.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``, ...set]
}

export class Engine {
  readonly #path: string
  /** Idle connections by what they were prepared with. */
  readonly #idle = new Map<string, Session[]>()

  constructor(path: string) {
    this.#path = path
  }

  async #take(key: string, context: EngineContext): Promise<Session> {
    const idle = this.#idle.get(key)?.pop()
    if (idle) return idle
    const session = new Session(this.#path)
    try {
      for (const statement of preparing(context)) await session.queryAsync(statement)
    } catch (error) {
      session.close()
      throw error
    }
    return session
  }

  /** Runs one statement. Throws EngineError. */
  async run(statement: string, context: EngineContext, format: string): Promise<EngineResult> {
    const key = JSON.stringify([context.database, ...context.settings])
    let session: Session | undefined
    try {
      session = await this.#take(key, context)
      const result = await session.queryAsync(statement, { format })
      return { body: Buffer.from(result.bytes()) }
    } catch (cause) {
      throw new EngineError(cause instanceof Error ? cause.message : String(cause))
    } finally {
      if (session) this.#idle.set(key, [...(this.#idle.get(key) ?? []), session])
    }
  }
}
