/** The streams as data: the only list of them. */

import newsletters from '../../schemas/streams/newsletters.json' with { type: 'json' }
import campaigns from '../../schemas/streams/campaigns.json' with { type: 'json' }
import campaignActions from '../../schemas/streams/campaign_actions.json' with { type: 'json' }
import type { JsonSchema } from '../singer/messages.ts'

export interface StreamDefinition {
  /** `tap_stream_id`, stream name and table name without the prefix. */
  id: string
  /** Below the base URL; `{campaign_id}` is filled in for each parent. */
  path: string
  /** Key of the list in the response. */
  dataKey: string
  query: Readonly<Record<string, string>>
  keyProperties: readonly string[]
  replicationKey: string
  /**
   * Fields of a row, or of its parent, that can change while `updated` stays; see fingerprint.ts.
   */
  fingerprintFields: readonly string[]
  /** Root `type: object` with `properties`. */
  schema: JsonSchema
  /** Id of the stream whose rows this one is read for. */
  parent?: string
  /** The list is read once a run, because a child stream needs it too. */
  isShared?: true
}

/**
 * Airbyte's and ingestr's page size for newsletters; the vendor documents neither a default nor a
 * maximum.
 */
const NEWSLETTERS_PER_PAGE = '100'

/*
 * Newsletters are sorted newest first: a row that is created or edited during the read moves to the
 * front, so later pages repeat a row and never skip one.
 */

function schemaOf({
  type,
  description,
  properties,
}: {
  type: string
  description: string
  properties: object
}): JsonSchema {
  return { type, description, properties: properties as JsonSchema }
}

const DEFINITIONS = [
  {
    id: 'newsletters',
    path: '/newsletters',
    dataKey: 'newsletters',
    query: { limit: NEWSLETTERS_PER_PAGE, sort: 'desc' },
    keyProperties: ['id'],
    replicationKey: 'updated',
    fingerprintFields: ['id'],
    schema: schemaOf(newsletters),
  },
  {
    id: 'campaigns',
    path: '/campaigns',
    dataKey: 'campaigns',
    query: {},
    keyProperties: ['id'],
    replicationKey: 'updated',
    fingerprintFields: ['id', 'actions'],
    schema: schemaOf(campaigns),
    isShared: true,
  },
  {
    id: 'campaign_actions',
    path: '/campaigns/{campaign_id}/actions',
    dataKey: 'actions',
    query: {},
    keyProperties: ['campaign_id', 'id'],
    replicationKey: 'updated',
    fingerprintFields: ['id', 'actions'],
    schema: schemaOf(campaignActions),
    parent: 'campaigns',
  },
] as const satisfies readonly StreamDefinition[]

export const STREAMS: readonly StreamDefinition[] = DEFINITIONS

export type StreamName = (typeof DEFINITIONS)[number]['id']

/** In the order of the definitions, which is the order in which the tap reads. */
export const STREAM_NAMES: readonly StreamName[] = DEFINITIONS.map(({ id }) => id)

/** The stream that a child stream is read for. */
export function parentOf(definition: StreamDefinition): StreamDefinition {
  const parent = STREAMS.find(({ id }) => id === definition.parent)
  if (!parent) throw new Error(`the stream ${definition.id} has no parent`)
  return parent
}
