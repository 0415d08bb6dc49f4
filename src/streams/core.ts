/** The streams that are selected by default. */

import newsletters from '../../schemas/streams/newsletters.json' with { type: 'json' }
import campaigns from '../../schemas/streams/campaigns.json' with { type: 'json' }
import campaignActions from '../../schemas/streams/campaign_actions.json' with { type: 'json' }
import { schemaOf, type StreamDefinition } from './definition.ts'

/**
 * Airbyte's and ingestr's page size for newsletters; the vendor documents neither a default nor a
 * maximum.
 */
const NEWSLETTERS_PER_PAGE = 100
/** The vendor's page size of actions, which cannot be set. */
export const ACTIONS_PER_PAGE = 10

/** How rows with `created` and `updated` are read again. */
export const UPDATED = {
  methods: ['INCREMENTAL', 'FULL_TABLE'],
  replicationKey: 'updated',
  createdField: 'created',
} as const

/*
 * Newsletters are sorted newest first: a row that is created or edited during the read moves to the
 * front, so later pages repeat a row and never skip one.
 */

export const CORE_STREAMS = [
  {
    kind: 'list',
    id: 'newsletters',
    tier: 'core',
    path: '/newsletters',
    dataKey: 'newsletters',
    query: { limit: String(NEWSLETTERS_PER_PAGE), sort: 'desc' },
    pageRows: NEWSLETTERS_PER_PAGE,
    keyProperties: ['id'],
    ...UPDATED,
    fingerprintFields: ['id'],
    schema: schemaOf(newsletters),
  },
  {
    kind: 'list',
    id: 'campaigns',
    tier: 'core',
    path: '/campaigns',
    dataKey: 'campaigns',
    query: {},
    keyProperties: ['id'],
    ...UPDATED,
    fingerprintFields: ['id', 'actions'],
    schema: schemaOf(campaigns),
    isShared: true,
  },
  {
    kind: 'children',
    id: 'campaign_actions',
    tier: 'core',
    path: '/campaigns/{parent}/actions',
    dataKey: 'actions',
    query: {},
    pageRows: ACTIONS_PER_PAGE,
    keyProperties: ['campaign_id', 'id'],
    ...UPDATED,
    fingerprintFields: ['id', 'actions'],
    schema: schemaOf(campaignActions),
    parent: { stream: 'campaigns', idField: 'campaign_id', childrenField: 'actions' },
    parentWord: 'campaign',
  },
] as const satisfies readonly StreamDefinition[]
