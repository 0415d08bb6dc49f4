/** The connection file that `init` writes, and the questions that fill it in. */

import { randomUUID } from 'node:crypto'
import { AppError } from '../../errors.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { ConnectionFlags } from '../command.ts'
import { ask } from '../prompt.ts'
import { STREAM_NAMES } from '../../streams/index.ts'

export const KEY_VARIABLE = 'CUSTOMERIO_APP_API_KEY'
export const KEY_REFERENCE = `\${${KEY_VARIABLE}}`
const DEFAULTS = { warehouse: 'duckdb:warehouse.duckdb', prefix: 'customerio_', schedule: 'manual' }

export interface InitFlags extends ConnectionFlags {
  region?: string
  apiUrl?: string
  warehouseUrl?: string
  schema?: string
  prefix?: string
  schedule?: string
  cutoffDays?: number
  force?: boolean
}

/** @param schedule `manual`, an interval such as `3h`, or five cron fields. */
function scheduleSettings(schedule: string): JsonObject {
  if (schedule === 'manual') return { type: 'manual' }
  if (/^\d+[mh]$/.test(schedule)) return { type: 'basic', every: schedule }
  return { type: 'cron', expression: schedule }
}

/** The content of the connection file. */
export function createConnectionDocument(flags: InitFlags, appApiKey: string): JsonObject {
  const schema = new URL('../../../schemas/config/connection.json', import.meta.url)
  return {
    $schema: schema.href,
    id: randomUUID(),
    source: {
      app_api_key: appApiKey,
      region: flags.region ?? 'us',
      ...(flags.apiUrl !== undefined && { api_url: flags.apiUrl }),
      ...(flags.cutoffDays !== undefined && { cutoff_days: flags.cutoffDays }),
    },
    destination: {
      warehouse_url: flags.warehouseUrl ?? DEFAULTS.warehouse,
      ...(flags.schema !== undefined && { default_target_schema: flags.schema }),
      table_prefix: flags.prefix ?? DEFAULTS.prefix,
    },
    resources: Object.fromEntries(STREAM_NAMES.map((name) => [name, 'incremental'])),
    schedule: scheduleSettings(flags.schedule ?? DEFAULTS.schedule),
  }
}

/** True when no flag answers one of the questions. */
export function hasNoAnswers(flags: InitFlags): boolean {
  const { warehouseUrl, schema, prefix, schedule, cutoffDays } = flags
  return [warehouseUrl, schema, prefix, schedule, cutoffDays].every((flag) => flag === undefined)
}

function requireKey(answer: string): void {
  if (answer === '') throw new AppError('USAGE', 'The App API key is required.')
}

/** The key as typed, or a reference to its environment variable when that is set. */
export async function askKey(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  if ((env[KEY_VARIABLE] ?? '') !== '') return KEY_REFERENCE
  const text =
    'App API key (Settings > Account settings > API credentials > App API keys; input is hidden)'
  return ask({ text, isHidden: true, check: requireKey }, signal)
}

/**
 * Asks for warehouse, prefix and schedule.
 * @param check throws an AppError when the flags make no usable connection file.
 */
export async function askSettings(
  flags: InitFlags,
  check: (flags: InitFlags) => Promise<void>,
  signal: AbortSignal,
): Promise<InitFlags> {
  const answers = { ...flags }
  const checked = (name: 'warehouseUrl' | 'prefix' | 'schedule') => async (answer: string) =>
    check({ ...answers, [name]: answer })
  answers.warehouseUrl = await ask(
    {
      text: 'Warehouse URL (duckdb:PATH, postgres://, ducklake:, iceberg:, clickhouse://)',
      default: DEFAULTS.warehouse,
      check: checked('warehouseUrl'),
    },
    signal,
  )
  answers.prefix = await ask(
    { text: 'Table prefix', default: DEFAULTS.prefix, check: checked('prefix') },
    signal,
  )
  answers.schedule = await ask(
    {
      text: 'Schedule: manual, an interval from 5m to 24h, or five cron fields in UTC',
      default: DEFAULTS.schedule,
      check: checked('schedule'),
    },
    signal,
  )
  return answers
}
