/** What a stream is: data from which tap, runner, console and docs derive the rest. */

import type { ReplicationMethod } from '../singer/catalog.ts'
import type { JsonSchema } from '../singer/messages.ts'

/**
 * What a stream contains, and so what a user consents to: the three streams that are selected by
 * default, definitions and totals of the workspace, or rows about single people.
 */
export type Tier = 'core' | 'workspace' | 'personal'

/** How a stream is read again. */
export interface Changes {
  /** The methods that the stream supports; the first one is the default. */
  methods: readonly [ReplicationMethod, ...ReplicationMethod[]]
  /** Field that changes with every edit. Absent if the API sends none: then no row is filtered. */
  replicationKey?: string
  /** Field that holds when a row was created; absent if the API sends none. */
  createdField?: string
  /**
   * Fields of a row, or of its parent, that can change while the replication key stays; see
   * fingerprint.ts.
   */
  fingerprintFields: readonly string[]
}

/** One list, which is the union of several requests. */
export interface Part {
  query: Readonly<Record<string, string>>
  /** Rows with the opposite value belong to another part. */
  takes: { field: string; is: boolean }
}

/** The stream whose rows a child stream is read for. */
interface Parent {
  /** Id of the parent stream, whose rows have an integer `id`. */
  stream: string
  /** Field of a child that holds the parent's id. It is set where the API does not send it. */
  idField: string
  /** Field of a parent that lists its children, as ids or as objects with an `id`. */
  childrenField?: string
  /** Parents with another value are left out. Those without the field are not. */
  only?: { field: string; is: string }
}

interface Common extends Changes {
  /** `tap_stream_id`, stream name and table name without the prefix. */
  id: string
  tier: Tier
  /** Rows identify people: customers of the workspace, or colleagues. */
  isPersonal?: true
  /** Below the base URL; `{parent}` is filled in for each parent. */
  path: string
  /** Key in the response under which the rows are. */
  dataKey: string
  /** Instead of a list, the key holds one row, or a value of the only row. */
  isSingle?: true
  query: Readonly<Record<string, string>>
  /** Rows of a page; absent if the API sends the whole list. */
  pageRows?: number
  keyProperties: readonly [string, ...string[]]
  /** Field that is set to the start of the sync, by the server's clock. */
  readAtField?: string
  /** Fields that are copied from the members of an object. */
  copied?: {
    from: string
    /** The member of each field. */
    members: Readonly<Record<string, string>>
  }
  /** Root `type: object` with `properties`. */
  schema: JsonSchema
}

/** A stream that is one list. */
export interface ListDefinition extends Common {
  kind: 'list'
  /** The list is read once a run and kept in memory, because a child stream needs it too. */
  isShared?: true
  parts?: readonly Part[]
}

/** A stream that is read with one list for each row of another stream. */
export interface ChildrenDefinition extends Common {
  kind: 'children'
  parent: Parent
  /** Word for a parent in the keys of the state. @default 'parent' */
  parentWord?: 'campaign'
}

/** How a list is read in windows of creation time. */
interface WindowRule {
  /** Parameters for the bounds, in epoch seconds; both are inclusive. */
  from: string
  to: string
  /** No wider window is requested. */
  greatestDays: number
  /** Pages of a window: the fewest and the most. */
  pages: readonly [number, number]
  /** Ages at which a row is read, ascending, such as `6h`. The first one is the first read. */
  ages: readonly [string, ...string[]]
  /** Field whose value ends with the time of the row's last change, after a colon. */
  changedField: string
}

/**
 * A stream of rows that can change long after they were created, without a filter for changes. Each
 * row is read again at certain ages.
 */
export interface WindowsDefinition extends Common {
  kind: 'windows'
  replicationKey: string
  pageRows: number
  window: WindowRule
}

export type StreamDefinition = ListDefinition | ChildrenDefinition | WindowsDefinition

/** The schema as the catalog has it. */
export function schemaOf({
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
