/**
 * The real engine of ClickHouse in this process, from the npm package chdb: one folder with data,
 * and a connection for each set of settings that is in use.
 */

import { Session } from 'chdb'

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

/** The statement that gives a connection its settings, or undefined without any. */
function setStatement(settings: ReadonlyMap<string, string>): string | undefined {
  const parts = [...settings].map(([name, value]) => `${name} = ${quoted(value)}`)
  return parts.length === 0 ? undefined : `set ${parts.join(', ')}`
}

export class Engine {
  readonly #path: string
  /** Idle connections by the statement that gave them their settings. */
  readonly #idle = new Map<string, Session[]>()

  constructor(path: string) {
    this.#path = path
  }

  async #take(key: string, settings: ReadonlyMap<string, string>): Promise<Session> {
    const idle = this.#idle.get(key)?.pop()
    if (idle) return idle
    const session = new Session(this.#path)
    const statement = setStatement(settings)
    try {
      if (statement !== undefined) await session.queryAsync(statement)
    } catch (error) {
      session.close()
      throw error
    }
    return session
  }

  /** Runs one statement. Throws EngineError. */
  async run(
    statement: string,
    settings: ReadonlyMap<string, string>,
    format: string,
  ): Promise<EngineResult> {
    const key = JSON.stringify([...settings])
    let session: Session | undefined
    try {
      session = await this.#take(key, settings)
      const result = await session.queryAsync(statement, { format })
      return { body: Buffer.from(result.bytes()) }
    } catch (cause) {
      throw new EngineError(cause instanceof Error ? cause.message : String(cause))
    } finally {
      if (session) this.#idle.set(key, [...(this.#idle.get(key) ?? []), session])
    }
  }
}
