/** What the streams of one run share: the client, the output, the state and the campaign list, which is read once. */

import type { Logger } from '../logger.ts'
import type { TapConfig } from '../schemas.generated.ts'
import type { JsonObject } from '../singer/json.ts'
import { withBookmark, type Bookmark, type StateDocument } from '../singer/state.ts'
import type { LineWriter } from '../singer/writer.ts'
import type { ApiClient } from './api/client.ts'
import { pagesOf } from './api/pages.ts'
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
  #campaigns: Promise<JsonObject[]> | undefined

  constructor(options: SyncContextOptions) {
    this.client = options.client
    this.config = options.config
    this.writer = options.writer
    this.logger = options.logger
    this.signal = options.signal
    this.#state = options.state
  }

  /** The whole campaign list, one request a run for campaigns and campaign_actions together. */
  async campaigns(): Promise<JsonObject[]> {
    this.#campaigns ??= this.#readCampaigns()
    return this.#campaigns
  }

  /** Writes a STATE with the stream's new bookmark, and waits until it is out. */
  async writeBookmark(plan: StreamPlan, bookmark: Bookmark): Promise<void> {
    const { id: stream, replicationKey } = plan.definition
    this.#state = withBookmark(this.#state, { stream, replicationKey }, bookmark)
    await this.writeState()
  }

  /** Writes the document as it stands; nothing where it is empty, for that would clear what an orchestrator holds. */
  async writeState(): Promise<void> {
    if (Object.keys(this.#state).length > 0) {
      await this.writer.writeMessage({ type: 'STATE', value: this.#state })
    }
    await this.writer.flush()
  }

  async #readCampaigns(): Promise<JsonObject[]> {
    const list: JsonObject[] = []
    const request = { path: '/campaigns', dataKey: 'campaigns', query: {} }
    for await (const page of pagesOf(this.client, request)) list.push(...page)
    return list
  }
}
