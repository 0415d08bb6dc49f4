/**
 * The Singer messages that we read and write: Singer specification 0.3.0, and ACTIVATE_VERSION of
 * the Meltano SDK.
 */

import type { JsonObject } from './json.ts'

/** A JSON Schema as received; keywords are validated where they are used. */
export type JsonSchema = JsonObject

export interface SchemaMessage {
  type: 'SCHEMA'
  stream: string
  /** Root `type: object` with `properties`. */
  schema: JsonSchema
  /** Top-level property names; empty for a stream without key properties. */
  key_properties: string[]
  bookmark_properties?: string[]
}

export interface RecordMessage {
  type: 'RECORD'
  stream: string
  record: JsonObject
  /** Table version of a FULL_TABLE read. ACTIVATE_VERSION retires rows with a smaller version. */
  version?: number
  /** When the tap read the record, RFC 3339 with a zone. */
  time_extracted?: string
}

/** What a RECORD message says next to the record. */
export type RecordEnvelope = Pick<RecordMessage, 'version' | 'time_extracted'>

export interface StateMessage {
  type: 'STATE'
  /** A complete state document, never a patch. */
  value: JsonObject
}

interface ActivateVersionMessage {
  type: 'ACTIVATE_VERSION'
  stream: string
  version: number
}

export type Message = SchemaMessage | RecordMessage | StateMessage | ActivateVersionMessage
