/** Pure: the connection file that `init` writes, from flags or from answers. */

import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../singer/json.ts'
import { CORE_STREAM_NAMES, isStreamName } from '../../streams/index.ts'
import { modesOf, type Mode } from '../../streams/modes.ts'
import type { ConnectionFlags } from '../command.ts'

export const KEY_VARIABLE = 'CUSTOMERIO_APP_API_KEY'
export const KEY_REFERENCE = `\${${KEY_VARIABLE}}`
export const DEFAULTS = {
  region: 'us',
  warehouseUrl: 'duckdb:warehouse.duckdb',
  prefix: 'customerio_',
  schedule: 'manual',
  timezone: 'UTC',
} as const

/** The answers to all questions, as flags give them. */
export interface InitFlags extends ConnectionFlags {
  region?: string | undefined
  apiUrl?: string
  cutoffDays?: number
  /** A shared destination. With `warehouseUrl` it is a new one. */
  destination?: string | undefined
  warehouseUrl?: string | undefined
  schema?: string | undefined
  prefix?: string
  /** `NAME` or `NAME=MODE`. */
  streams?: string[]
  /** `manual`, an interval such as `3h`, or five cron fields. */
  schedule?: string
  timezone?: string
  startAt?: string
  force?: boolean
}

/** The flags that answer a question which is asked on a terminal. */
const ANSWERS = [
  'cutoffDays',
  'destination',
  'warehouseUrl',
  'schema',
  'prefix',
  'streams',
  'schedule',
  'timezone',
  'startAt',
] as const satisfies readonly (keyof InitFlags)[]

/** True when no flag answers one of the questions. */
export function hasNoAnswers(flags: InitFlags): boolean {
  return ANSWERS.every((name) => flags[name] === undefined)
}

/** True for an expression with fields, which has a time zone. */
export function isCron(schedule: string): boolean {
  return schedule !== 'manual' && !/^\d+[mh]$/.test(schedule)
}

function scheduleSettings(flags: InitFlags): JsonObject {
  const { schedule = DEFAULTS.schedule, timezone, startAt } = flags
  const options = {
    ...(timezone !== undefined && { timezone }),
    ...(startAt !== undefined && { start_at: startAt }),
  }
  if (schedule === 'manual') return { type: 'manual', ...options }
  if (!isCron(schedule)) return { type: 'basic', every: schedule, ...options }
  return { type: 'cron', expression: schedule, ...options }
}

/** The default mode of a stream. The check of the file reports a name of no stream. */
export function defaultMode(stream: string): Mode {
  return isStreamName(stream) ? modesOf(stream)[0] : 'incremental'
}

/** Streams and modes; without the flag the core streams, each in its default mode. */
function streamSettings({ streams }: InitFlags): JsonObject {
  const words = streams ?? CORE_STREAM_NAMES
  return Object.fromEntries(
    words.map((word): [string, string] => {
      const [name = '', mode = defaultMode(name)] = word.split('=', 2)
      return [name, mode]
    }),
  )
}

/** The settings of a new destination. */
export function destinationDocument({ warehouseUrl, schema }: InitFlags): JsonObject {
  return {
    warehouse_url: warehouseUrl ?? DEFAULTS.warehouseUrl,
    ...(schema !== undefined && { default_target_schema: schema }),
  }
}

/** True when a new destination gets a file of its own, so that other connections can use it. */
export function isNewShared({ destination, warehouseUrl }: InitFlags): boolean {
  return destination !== undefined && warehouseUrl !== undefined
}

function destinationSection(flags: InitFlags): JsonObject {
  const { destination, schema, prefix = DEFAULTS.prefix } = flags
  if (destination === undefined) return { ...destinationDocument(flags), table_prefix: prefix }
  return {
    use: destination,
    // A new shared destination has the schema in its own file.
    ...(schema !== undefined && !isNewShared(flags) && { default_target_schema: schema }),
    table_prefix: prefix,
  }
}

/** The content of the connection file. */
export function connectionDocument(flags: InitFlags, appApiKey: string): JsonObject {
  const schema = new URL('../../../schemas/config/connection.json', import.meta.url)
  const { region = DEFAULTS.region, apiUrl, cutoffDays } = flags
  return {
    $schema: schema.href,
    id: randomUUID(),
    source: {
      app_api_key: appApiKey,
      region,
      ...(apiUrl !== undefined && { api_url: apiUrl }),
      ...(cutoffDays !== undefined && { cutoff_days: cutoffDays }),
    },
    destination: destinationSection(flags),
    resources: streamSettings(flags),
    schedule: scheduleSettings(flags),
  }
}

/** The same connection when the file of a new shared destination does not exist yet. */
export function wholeDocument(flags: InitFlags, appApiKey: string): JsonObject {
  const document = connectionDocument(flags, appApiKey)
  if (!isNewShared(flags)) return document
  const { prefix: table_prefix = DEFAULTS.prefix } = flags
  return { ...document, destination: { ...destinationDocument(flags), table_prefix } }
}

/** A prefix that no other connection of a workspace is likely to have. */
export function defaultPrefix(name: string): string {
  return name === 'connection' ? DEFAULTS.prefix : `${name.toLowerCase().replaceAll(/\W/g, '_')}_`
}
