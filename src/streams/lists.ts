/** Lists of the workspace: definitions and totals, no rows about customers. */

import broadcasts from '../../schemas/streams/broadcasts.json' with { type: 'json' }
import collections from '../../schemas/streams/collections.json' with { type: 'json' }
import objectTypes from '../../schemas/streams/object_types.json' with { type: 'json' }
import segments from '../../schemas/streams/segments.json' with { type: 'json' }
import senderIdentities from '../../schemas/streams/sender_identities.json' with { type: 'json' }
import snippets from '../../schemas/streams/snippets.json' with { type: 'json' }
import channels from '../../schemas/streams/subscription_channels.json' with { type: 'json' }
import topics from '../../schemas/streams/subscription_topics.json' with { type: 'json' }
import transactional from '../../schemas/streams/transactional_messages.json' with { type: 'json' }
import workspaces from '../../schemas/streams/workspaces.json' with { type: 'json' }
import { UPDATED } from './core.ts'
import { schemaOf, type StreamDefinition } from './definition.ts'

/** As for newsletters: the vendor documents neither a default nor a maximum. */
const SENDERS_PER_PAGE = 100

/** How rows with `created_at` and `updated_at` are read again. */
const UPDATED_AT = {
  methods: ['INCREMENTAL', 'FULL_TABLE'],
  replicationKey: 'updated_at',
  createdField: 'created_at',
} as const

/** How a list is read of which nothing says what changed. */
const WHOLE = { methods: ['FULL_TABLE'], fingerprintFields: ['id'] } as const

/** A list that the API sends in one response. */
const LIST = { kind: 'list', tier: 'workspace', query: {}, keyProperties: ['id'] } as const

export const LIST_STREAMS = [
  {
    ...LIST,
    id: 'broadcasts',
    path: '/broadcasts',
    dataKey: 'broadcasts',
    ...UPDATED,
    fingerprintFields: ['id', 'actions'],
    schema: schemaOf(broadcasts),
    isShared: true,
  },
  {
    ...LIST,
    id: 'transactional_messages',
    path: '/transactional',
    dataKey: 'messages',
    ...UPDATED_AT,
    fingerprintFields: ['id'],
    schema: schemaOf(transactional),
    isShared: true,
  },
  {
    ...LIST,
    id: 'segments',
    path: '/segments',
    dataKey: 'segments',
    ...UPDATED_AT,
    /** Building a segment is not documented as an edit. */
    fingerprintFields: ['id', 'state', 'progress'],
    schema: schemaOf(segments),
    isShared: true,
  },
  {
    ...LIST,
    id: 'sender_identities',
    isPersonal: true,
    path: '/sender_identities',
    dataKey: 'sender_identities',
    /** Newest first, so that a new sender repeats a row of a later page and hides none. */
    query: { limit: String(SENDERS_PER_PAGE), sort: 'desc' },
    pageRows: SENDERS_PER_PAGE,
    ...WHOLE,
    schema: schemaOf(senderIdentities),
    /** The contract says that `hidden=true` includes hidden senders; live, it sends only them. */
    parts: [
      { query: { hidden: 'false' }, takes: { field: 'hidden', is: false } },
      { query: { hidden: 'true' }, takes: { field: 'hidden', is: true } },
    ],
  },
  {
    ...LIST,
    id: 'subscription_topics',
    path: '/subscription_topics',
    dataKey: 'topics',
    ...WHOLE,
    schema: schemaOf(topics),
  },
  {
    ...LIST,
    id: 'subscription_channels',
    path: '/subscription_channels',
    dataKey: 'channels',
    ...WHOLE,
    schema: schemaOf(channels),
  },
  {
    ...LIST,
    id: 'object_types',
    path: '/object_types',
    dataKey: 'types',
    ...WHOLE,
    schema: schemaOf(objectTypes),
  },
  {
    ...LIST,
    id: 'collections',
    path: '/collections',
    dataKey: 'collections',
    ...UPDATED_AT,
    /** One request finds deleted collections too. */
    methods: ['FULL_TABLE', 'INCREMENTAL'],
    /** Whether new content moves `updated_at` is not documented. */
    fingerprintFields: ['id', 'name', 'schema', 'rows', 'bytes'],
    schema: schemaOf(collections),
  },
  {
    ...LIST,
    id: 'snippets',
    path: '/snippets',
    dataKey: 'snippets',
    keyProperties: ['name'],
    /** A new name is a new row, and the old one is deleted. */
    methods: ['FULL_TABLE', 'INCREMENTAL'],
    replicationKey: 'updated_at',
    /** Whether a new name moves `updated_at` is not documented, and no field has the creation. */
    fingerprintFields: ['name', 'value'],
    schema: schemaOf(snippets),
  },
  {
    ...LIST,
    id: 'workspaces',
    path: '/workspaces',
    dataKey: 'workspaces',
    readAtField: 'as_of',
    ...WHOLE,
    schema: schemaOf(workspaces),
  },
] as const satisfies readonly StreamDefinition[]
