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
import type { ChildrenDefinition, ListDefinition, StreamDefinition } from '../streams/definition.ts'
import { parentOf } from '../streams/index.ts'
import type { StreamPlan } from './plan.ts'
import { listPages } from './read/list-pages.ts'
import { readParents } from './read/parent-list.ts'
import { withCopiedFields } from './record/copied-fields.ts'

const STATE_INTERVAL_MS = 1000

export interface SyncContextOptions {
  client: ApiClient
  config: TapConfig
  state: StateDocument
  writer: LineWriter
  logger: Logger
  signal: AbortSignal
  /** How often STATE is written while a stream is read in windows. @default 1000 */
  stateIntervalMs?: number
}

export class SyncContext {
  readonly client: ApiClient
  readonly config: TapConfig
  readonly writer: LineWriter
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly stateIntervalMs: number
  #state: StateDocument
  #readAtSeconds: number | undefined
  readonly #lists = new Map<string, Promise<JsonObject[]>>()

  constructor(options: SyncContextOptions) {
    this.client = options.client
    this.config = options.config
    this.writer = options.writer
    this.logger = options.logger
    this.signal = options.signal
    this.stateIntervalMs = options.stateIntervalMs ?? STATE_INTERVAL_MS
    this.#state = options.state
  }

  /**
   * The row with the fields that the API does not send: the start of the run by the server's clock,
   * and copies of members.
   */
  stamped(definition: StreamDefinition, sent: JsonObject): JsonObject {
    const { readAtField } = definition
    const raw = withCopiedFields(definition, sent)
    if (readAtField === undefined) return raw
    // Later responses can move the start of the run, but all rows of a sync have one time.
    this.#readAtSeconds ??= Math.floor(this.client.startedAtMs / 1000)
    return { ...raw, [readAtField]: this.#readAtSeconds }
  }

  /** All rows of a list that a stream and its child streams need. It is read once a run. */
  async sharedList(definition: ListDefinition): Promise<JsonObject[]> {
    const list = this.#lists.get(definition.id) ?? this.#readList(definition)
    this.#lists.set(definition.id, list)
    return list
  }

  /**
   * The rows that a child stream is read for. A list that is not shared is read for all of its
   * child streams, and only the fields that they need are kept.
   */
  async parentsOf(child: ChildrenDefinition): Promise<JsonObject[]> {
    const parent = parentOf(child)
    if (parent.isShared) return this.sharedList(parent)
    const parents = this.#lists.get(parent.id) ?? readParents(this.client, parent)
    this.#lists.set(parent.id, parents)
    return parents
  }

  /** Writes a STATE with the stream's new bookmark and flushes it. */
  async writeBookmark(plan: StreamPlan, bookmark: Bookmark): Promise<void> {
    const { id: stream, replicationKey } = plan.definition
    const parentWord = plan.definition.kind === 'children' ? plan.definition.parentWord : undefined
    const place = {
      stream,
      ...(replicationKey !== undefined && { replicationKey }),
      ...(parentWord && { parentWord }),
    }
    this.#state = withBookmark(this.#state, place, bookmark)
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

  async #readList(definition: ListDefinition): Promise<JsonObject[]> {
    const list: JsonObject[] = []
    for await (const page of listPages(this.client, definition)) list.push(...page)
    return list
  }
}
