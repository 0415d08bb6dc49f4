/**
 * The rows that a workspace should become, derived from its objects only by the column lists of
 * this file.
 */

import assert from 'node:assert/strict'
import { actionsOf, type World } from '../../../src/sandbox/world.ts'
import type { JsonObject, JsonValue } from '../../../src/singer/json.ts'
import { STREAMS, type Connection, type StreamName } from './connection.ts'

type Read = (value: JsonValue) => JsonValue

function time(value: JsonValue): JsonValue {
  return value === 0 ? null : new Date(Number(value) * 1000).toISOString().replace('.000Z', 'Z')
}

function text(value: JsonValue): JsonValue {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function integer(value: JsonValue): JsonValue {
  return Number(value)
}

function asSent(value: JsonValue): JsonValue {
  return value
}

function actionList(value: JsonValue): JsonValue {
  return (value as JsonObject[]).map((one) => ({ ...one, id: String(Number(one['id'])) }))
}

function columns(read: Read, names: string): [string, Read][] {
  return names.split(' ').map((name) => [name, read])
}

const COLUMNS: Record<StreamName, [string, Read][]> = {
  newsletters: [
    ...columns(integer, 'id subscription_topic_id expires_after'),
    ...columns(time, 'sent_at created updated scheduled_at'),
    ...columns(asSent, 'content_ids tags recipient_segment_ids tz_match_enabled'),
    ...columns(text, 'deduplicate_id name type send_state timezone'),
    ...columns(text, 'recipient_file_status recipient_file_error'),
  ],
  campaigns: [
    ...columns(integer, 'id start_hour start_minutes object_type_id webhook_id'),
    ...columns(time, 'created updated first_started scheduled_start scheduled_stop'),
    ...columns(asSent, 'active tags trigger_segment_ids filter_segment_ids msg_templates audience'),
    ...columns(asSent, 'use_customer_timezone scheduled_start_should_backfill'),
    ...columns(asSent, 'scheduled_stop_should_sunset'),
    ...columns(actionList, 'actions'),
    ...columns(text, 'deduplicate_id name description type state event_name event_type frequency'),
    ...columns(text, 'date_attribute timezone filter_object_attributes created_by'),
    ...columns(text, 'filter_relationship_attributes relationship_attribute_triggers'),
    ...columns(text, 'object_attribute_triggers'),
  ],
  campaign_actions: [
    ...columns(integer, 'campaign_id broadcast_id from_id reply_to_id recipient_environment_id'),
    ...columns(integer, 'sender_identity_id'),
    ...columns(time, 'created updated'),
    ...columns(asSent, 'fake_bcc send_to_unsubscribed tracked'),
    ...columns(text, 'id parent_action_id deduplicate_id name type sending_state layout body'),
    ...columns(text, 'body_plain body_amp body_json editor language from reply_to recipient'),
    ...columns(text, 'subject preheader_text cc bcc preprocessor headers image_url url method'),
    ...columns(text, 'request_method multi_language_branch_action_id'),
  ],
}

/** The whole row of one object. */
export function rowOf(stream: StreamName, raw: JsonObject): JsonObject {
  const known = new Map(COLUMNS[stream])
  const row = [...known].map(([name, read]) => {
    const value = raw[name] ?? null
    return [name, value === null ? null : read(value)] as const
  })
  const unknown = Object.entries(raw).filter(([name]) => !known.has(name))
  const additional_fields = unknown.length === 0 ? null : Object.fromEntries(unknown)
  return { ...Object.fromEntries(row), additional_fields }
}

/** The current API objects of a stream. */
export function objectsOf(world: World, stream: StreamName): JsonObject[] {
  if (stream === 'campaign_actions') {
    return world.campaigns.flatMap((campaign) => actionsOf(world, Number(campaign['id'])))
  }
  return world[stream]
}

export function truthOf(world: World, stream: StreamName): JsonObject[] {
  return sorted(objectsOf(world, stream).map((raw) => rowOf(stream, raw)))
}

/** The key of a row: campaign and id. */
export function keyOf(row: JsonObject): string {
  return `${Number(row['campaign_id'] ?? 0)}/${Number(row['id'])}`
}

/** Sorts by key, because tables have no order. */
export function sorted(rows: readonly JsonObject[]): JsonObject[] {
  return rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** Asserts that the tables of all streams have exactly the rows of the workspace. */
export async function assertTruth({
  sandbox,
  rows,
}: Pick<Connection, 'sandbox' | 'rows'>): Promise<void> {
  for (const stream of STREAMS) {
    assert.deepEqual(sorted(await rows(stream)), truthOf(sandbox.world, stream), stream)
  }
}
