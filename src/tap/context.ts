/**
 * What the streams of one run share: the client, the output, the state and lists that are read
 * once.
 */

import type { Logger } from '../logger.ts'
import type { TapConfig } from '../schemas.generated.ts'
import type { JsonObject } from '../singer/json.ts'
import { withBookmark, type Bookmark, type StateDocument } from '../singer/state.ts'
import type { LineWriter } from '../singer/writer.ts'
import type { ApiClient } from './api/client.ts'
import { pagesOf } from './api/pages.ts'
import type { StreamDefinition } from '../streams/index.ts'
import type { StreamPlan } from './plan.ts'

export interface SyncContextOptions {
  client: ApiClient
  config: TapConfig
  state: StateDocument
  writer: LineWriter
  logger: Logger
  signal: AbortSignal
}

export class SyncContext {
  readonly client: ApiClient
  readonly config: TapConfig
  readonly writer: LineWriter
  readonly logger: Logger
  readonly signal: AbortSignal
  #state: StateDocument
  readonly #lists = new Map<string, Promise<JsonObject[]>>()

  constructor(options: SyncContextOptions) {
    this.client = options.client
    this.config = options.config
    this.writer = options.writer
    this.logger = options.logger
    this.signal = options.signal
    this.#state = options.state
  }

  /** All rows of a list that a stream and its child stream need. It is read once a run. */
  async sharedList(definition: StreamDefinition): Promise<JsonObject[]> {
    const list = this.#lists.get(definition.id) ?? this.#readList(definition)
    this.#lists.set(definition.id, list)
    return list
  }

  /** Writes a STATE with the stream's new bookmark and flushes it. */
  async writeBookmark(plan: StreamPlan, bookmark: Bookmark): Promise<void> {
    const { id: stream, replicationKey } = plan.definition
    this.#state = withBookmark(this.#state, { stream, replicationKey }, bookmark)
    await this.writeState()
  }

  /**
   * Writes the current STATE, unless it is empty: that would clear the state of an orchestrator.
   */
  async writeState(): Promise<void> {
    if (Object.keys(this.#state).length > 0) {
      await this.writer.writeMessage({ type: 'STATE', value: this.#state })
    }
    await this.writer.flush()
  }

  async #readList({ path, dataKey, query }: StreamDefinition): Promise<JsonObject[]> {
    const list: JsonObject[] = []
    for await (const page of pagesOf(this.client, { path, dataKey, query })) list.push(...page)
    return list
  }
}
