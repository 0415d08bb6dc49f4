/** Streams of the workspace that are read with one list for each row of another stream. */

import broadcastActions from '../../schemas/streams/broadcast_actions.json' with { type: 'json' }
import broadcastTriggers from '../../schemas/streams/broadcast_triggers.json' with { type: 'json' }
import newsletterContents from '../../schemas/streams/newsletter_contents.json' with { type: 'json' }
import segmentCounts from '../../schemas/streams/segment_counts.json' with { type: 'json' }
import segmentUsage from '../../schemas/streams/segment_usage.json' with { type: 'json' }
import transactionalContents from '../../schemas/streams/transactional_contents.json' with { type: 'json' }
import { ACTIONS_PER_PAGE, UPDATED } from './core.ts'
import { schemaOf, type StreamDefinition } from './definition.ts'

const CHILDREN = { kind: 'children', tier: 'workspace', query: {} } as const

export const CHILD_STREAMS = [
  {
    ...CHILDREN,
    id: 'newsletter_contents',
    path: '/newsletters/{parent}/contents',
    dataKey: 'contents',
    keyProperties: ['newsletter_id', 'id'],
    /** The contract has neither `updated` nor `created`; live, both are there. */
    ...UPDATED,
    fingerprintFields: ['id', 'content_ids'],
    schema: schemaOf(newsletterContents),
    parent: { stream: 'newsletters', idField: 'newsletter_id', childrenField: 'content_ids' },
  },
  {
    ...CHILDREN,
    id: 'broadcast_actions',
    path: '/broadcasts/{parent}/actions',
    dataKey: 'actions',
    /** The contract declares no pages; live, the route checks `start`. */
    pageRows: ACTIONS_PER_PAGE,
    keyProperties: ['broadcast_id', 'id'],
    ...UPDATED,
    fingerprintFields: ['id', 'actions'],
    schema: schemaOf(broadcastActions),
    parent: { stream: 'broadcasts', idField: 'broadcast_id', childrenField: 'actions' },
  },
  {
    ...CHILDREN,
    id: 'broadcast_triggers',
    path: '/broadcasts/{parent}/triggers',
    dataKey: 'triggers',
    keyProperties: ['broadcast_id', 'id'],
    methods: ['INCREMENTAL', 'FULL_TABLE'],
    /**
     * `created_at` never changes, so a trigger that was read before Customer.io processed it would
     * stay without its `processed_at`. A row without a replication key always passes.
     */
    replicationKey: 'processed_at',
    createdField: 'created_at',
    fingerprintFields: ['id'],
    schema: schemaOf(broadcastTriggers),
    parent: { stream: 'broadcasts', idField: 'broadcast_id' },
  },
  {
    ...CHILDREN,
    id: 'transactional_contents',
    path: '/transactional/{parent}/contents',
    dataKey: 'contents',
    keyProperties: ['transactional_id', 'id'],
    ...UPDATED,
    fingerprintFields: ['id'],
    schema: schemaOf(transactionalContents),
    parent: { stream: 'transactional_messages', idField: 'transactional_id' },
  },
  {
    ...CHILDREN,
    id: 'segment_usage',
    path: '/segments/{parent}/used_by',
    dataKey: 'used_by',
    isSingle: true,
    keyProperties: ['segment_id'],
    methods: ['FULL_TABLE'],
    fingerprintFields: ['id'],
    schema: schemaOf(segmentUsage),
    parent: { stream: 'segments', idField: 'segment_id' },
  },
  {
    ...CHILDREN,
    id: 'segment_counts',
    path: '/segments/{parent}/customer_count',
    dataKey: 'count',
    isSingle: true,
    keyProperties: ['segment_id', 'as_of'],
    /** History: a full refresh would retire the counts of earlier syncs. */
    methods: ['INCREMENTAL'],
    replicationKey: 'as_of',
    readAtField: 'as_of',
    fingerprintFields: ['id'],
    schema: schemaOf(segmentCounts),
    /** The count of a segment that is being built is partial, and would stay in the history. */
    parent: {
      stream: 'segments',
      idField: 'segment_id',
      only: { field: 'state', is: 'finished' },
    },
  },
] as const satisfies readonly StreamDefinition[]
