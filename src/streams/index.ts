/** The three streams as data. A new stream is an entry here, a schema and a fixture. */

import newsletters from '../../schemas/streams/newsletters.json' with { type: 'json' }
import campaigns from '../../schemas/streams/campaigns.json' with { type: 'json' }
import campaignActions from '../../schemas/streams/campaign_actions.json' with { type: 'json' }
import type { JsonSchema } from '../singer/messages.ts'

export interface StreamDefinition {
  /** `tap_stream_id`, stream name and table name without the prefix. */
  id: string
  /** Below the base URL; `{campaign_id}` is filled in for each parent. */
  path: string
  /** Key of the list in the answer. */
  dataKey: string
  query: Readonly<Record<string, string>>
  keyProperties: readonly string[]
  replicationKey: string
  /** What of a row, or of its parent, is remembered to the next sync, because it can change while `updated` does not; see `Fingerprint`. */
  remembered: readonly string[]
  /** Root `type: object` with `properties`. */
  schema: JsonSchema
  parent?: string
}

/** Airbyte's and ingestr's page size for newsletters; the vendor documents neither a default nor a maximum. */
const NEWSLETTERS_PER_PAGE = '100'

/*
 * Newest first: what is made or edited while pages are read moves to the front, so later pages repeat a row and never skip one.
 */

function schemaOf(source: { type: string; properties: object }): JsonSchema {
  return { type: source.type, properties: source.properties as JsonSchema }
}

const DEFINITIONS = [
  {
    id: 'newsletters',
    path: '/newsletters',
    dataKey: 'newsletters',
    query: { limit: NEWSLETTERS_PER_PAGE, sort: 'desc' },
    keyProperties: ['id'],
    replicationKey: 'updated',
    remembered: ['id'],
    schema: schemaOf(newsletters),
  },
  {
    id: 'campaigns',
    path: '/campaigns',
    dataKey: 'campaigns',
    query: {},
    keyProperties: ['id'],
    replicationKey: 'updated',
    remembered: ['id', 'actions'],
    schema: schemaOf(campaigns),
  },
  {
    id: 'campaign_actions',
    path: '/campaigns/{campaign_id}/actions',
    dataKey: 'actions',
    query: {},
    keyProperties: ['campaign_id', 'id'],
    replicationKey: 'updated',
    remembered: ['id', 'actions'],
    schema: schemaOf(campaignActions),
    parent: 'campaigns',
  },
] as const satisfies readonly StreamDefinition[]

export const STREAMS: readonly StreamDefinition[] = DEFINITIONS

export type StreamName = (typeof DEFINITIONS)[number]['id']

/** In the order of the definitions, which is the order in which the tap reads. */
export const STREAM_NAMES: readonly StreamName[] = DEFINITIONS.map(({ id }) => id)
