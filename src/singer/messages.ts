/** The Singer messages that we write and read (Singer specification 0.3.0 and the Meltano SDK's ACTIVATE_VERSION). */

import type { JsonObject } from './json.ts'

/** A JSON Schema as it came over the wire: its keywords are looked at where they are needed. */
export type JsonSchema = JsonObject

export interface SchemaMessage {
  type: 'SCHEMA'
  stream: string
  /** Root `type: object` with `properties`. */
  schema: JsonSchema
  /** Top-level property names; empty for a stream without keys. */
  key_properties: string[]
  bookmark_properties?: string[]
}

export interface RecordMessage {
  type: 'RECORD'
  stream: string
  record: JsonObject
  /** Table version of a FULL_TABLE read; rows with a smaller one are retired by ACTIVATE_VERSION. */
  version?: number
  /** RFC 3339 with zone: when the tap read the record. */
  time_extracted?: string
}

/** What a RECORD message says next to the record. */
export type RecordEnvelope = Pick<RecordMessage, 'version' | 'time_extracted'>

export interface StateMessage {
  type: 'STATE'
  /** A whole state document, never a patch. */
  value: JsonObject
}

export interface ActivateVersionMessage {
  type: 'ACTIVATE_VERSION'
  stream: string
  version: number
}

export type Message = SchemaMessage | RecordMessage | StateMessage | ActivateVersionMessage
