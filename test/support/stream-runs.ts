/** Reads streams of a sandbox in this process, and keeps what a target would hold. */

import { Writable } from 'node:stream'
import { AppError } from '../../src/errors.ts'
import { Logger } from '../../src/logger.ts'
import type { Sandbox } from '../../src/sandbox/api/server.ts'
import { idText } from '../../src/sandbox/world.ts'
import type { TapConfig } from '../../src/schemas.generated.ts'
import type { Catalog, ReplicationMethod } from '../../src/singer/catalog.ts'
import { printJson, type JsonObject } from '../../src/singer/json.ts'
import type { Message } from '../../src/singer/messages.ts'
import { LineWriter } from '../../src/singer/writer.ts'
import type { StreamDefinition } from '../../src/streams/definition.ts'
import { definitionOf } from '../../src/streams/index.ts'
import { ApiClient } from '../../src/tap/api/client.ts'
import { discover } from '../../src/tap/discover.ts'
import { planStreams } from '../../src/tap/plan.ts'
import { sync } from '../../src/tap/sync.ts'
import { tapConfig } from './tap-config.ts'

export interface StreamRun {
  messages: Message[]
  /** The last STATE, or the one that the run began with. */
  state: JsonObject
  /** The error that ended the run. */
  error: AppError | undefined
  /** Everything that was logged. */
  log: string
}

export interface StreamRunOptions {
  state?: JsonObject
  /** @default the method of each stream */
  method?: ReplicationMethod
  settings?: Partial<TapConfig>
  /** @default 1000 */
  stateIntervalMs?: number
}

function catalogOf(streams: readonly string[], method: ReplicationMethod | undefined): Catalog {
  const catalog = discover(streams)
  for (const { metadata } of catalog.streams) {
    const root = metadata?.[0]?.metadata
    if (!root || method === undefined) continue
    root['replication-method'] = method
    if (method === 'FULL_TABLE') delete root['forced-replication-method']
  }
  return catalog
}

/** One run of the tap. An AppError that ends it is part of the result. */
export async function runStreams(
  sandbox: Sandbox,
  streams: readonly string[],
  { state = {}, method, settings = {}, stateIntervalMs = 1000 }: StreamRunOptions = {},
): Promise<StreamRun> {
  const run: StreamRun = { messages: [], state, error: undefined, log: '' }
  const take = (line: string) => {
    const message = JSON.parse(line) as Message
    run.messages.push(message)
    if (message.type === 'STATE') run.state = message.value
  }
  const stream = new Writable({
    decodeStrings: false,
    write: (block: string, _encoding, done) => {
      for (const line of block.trimEnd().split('\n')) take(line)
      done()
    },
  })
  const write = (line: string) => void (run.log += line)
  const logger = new Logger({ name: 'test', level: 'debug', format: 'plain', write })
  const config = tapConfig({
    api_url: sandbox.url,
    app_api_key: sandbox.apiKey,
    requests_per_second: 1000,
    retry_budget_seconds: 20,
    ...settings,
  })
  const { signal } = new AbortController()
  const client = new ApiClient({ config, logger, signal, env: {} })
  const plans = planStreams(catalogOf(streams, method), state)
  const writer = new LineWriter(stream)
  try {
    await sync(plans, { client, config, state, writer, logger, signal, stateIntervalMs })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    run.error = error
  } finally {
    await client.close()
  }
  return run
}

/** The key of a row, without the time of the sync, which is new in each run. */
export function stableKey(row: JsonObject, definition: StreamDefinition): string {
  const { keyProperties, readAtField } = definition
  const stable = keyProperties.filter((name) => name !== readAtField)
  return stable.map((name) => idText(row[name])).join('/')
}

interface Row {
  record: JsonObject
  version: number | undefined
}

/** What a target holds: the last record of each key, without those that a version retired. */
export class Tables {
  readonly #tables = new Map<string, Map<string, Row>>()

  load(messages: readonly Message[]): void {
    for (const message of messages) if (message.type !== 'STATE') this.#apply(message)
  }

  /** Rows by `stableKey`. */
  rows(stream: string): Map<string, JsonObject> {
    const definition = definitionOf(stream)
    const rows = [...this.#table(stream).values()]
    return new Map(rows.map(({ record }) => [stableKey(record, definition), record]))
  }

  /** Rows with the time of the sync in their key. */
  count(stream: string): number {
    return this.#table(stream).size
  }

  #apply(message: Exclude<Message, { type: 'STATE' }>): void {
    const table = this.#table(message.stream)
    if (message.type === 'RECORD') {
      const { record, version } = message
      const { keyProperties } = definitionOf(message.stream)
      table.set(printJson(keyProperties.map((name) => record[name] ?? null)), { record, version })
    }
    if (message.type !== 'ACTIVATE_VERSION') return
    for (const [key, { version }] of table) {
      if (version === undefined || version < message.version) table.delete(key)
    }
  }

  #table(stream: string): Map<string, Row> {
    const table = this.#tables.get(stream) ?? new Map<string, Row>()
    this.#tables.set(stream, table)
    return table
  }
}
