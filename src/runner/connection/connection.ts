/** A connection file: expanded, validated, with all its faults told at once. */

import { basename, dirname, join, resolve } from 'node:path'
import connectionSchema from '../../../schemas/config/connection.json' with { type: 'json' }
import tapSchema from '../../../schemas/config/tap.json' with { type: 'json' }
import targetSchema from '../../../schemas/config/target.json' with { type: 'json' }
import { checkSettings, type SettingsSchema } from '../../config.ts'
import { AppError } from '../../errors.ts'
import { readJsonFile } from '../../json-file.ts'
import { nearestName } from '../../nearest-name.ts'
import type { ConnectionConfig, TapConfig, TargetConfig } from '../../schemas.generated.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { interpolateEnv } from './interpolate-env.ts'
import { createSchedule } from '../schedule/schedule.ts'

export const STREAM_NAMES = ['newsletters', 'campaigns', 'campaign_actions'] as const
export type StreamName = (typeof STREAM_NAMES)[number]
export type Mode = 'incremental' | 'full_refresh'
export type ScheduleSettings = NonNullable<ConnectionConfig['schedule']>
export type NotifySettings = NonNullable<ConnectionConfig['notify']>

export interface Connection {
  name: string
  /** By which the warehouse knows it, whatever its name. */
  id: string | undefined
  /** Absolute path of its file. */
  path: string
  /** Folder of the file: relative paths of the destination begin here, wherever the program was started. */
  folder: string
  /** Folder of the history, the lock and the last run's documents. Made by its first user. */
  dataFolder: string
  historyMonths: number
  source: TapConfig
  destination: TargetConfig & { warehouse_url: string; table_prefix: string }
  /** What is read, in the tap's order. */
  resources: ReadonlyMap<StreamName, Mode>
  /** As it stands in the file; its meaning is schedule.ts's. */
  schedule: ScheduleSettings
  notify: NotifySettings | undefined
}

type TopSettings = Pick<ConnectionConfig, 'name' | 'id' | 'data_folder'> & {
  history_months: number
}

/** Sections and their schemas; all settings in them are scalars. */
const SECTIONS = {
  source: tapSchema,
  destination: targetSchema,
  resources: connectionSchema.properties.resources,
  schedule: connectionSchema.properties.schedule,
  notify: connectionSchema.properties.notify,
} as unknown as Record<string, SettingsSchema>

const { $schema: _, ...TOP_PROPERTIES } = connectionSchema.properties as Record<string, unknown>
const SCALARS = {
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(TOP_PROPERTIES).filter(([name]) => !Object.hasOwn(SECTIONS, name)),
  ),
} as SettingsSchema

function unknownNames(found: JsonObject, known: readonly string[], section: string): string[] {
  const unknown = Object.keys(found).filter((name) => !known.includes(name) && name !== '$schema')
  return unknown.map((name) => {
    const nearest = nearestName(name, known)
    const hint = nearest ? `did you mean \`${nearest}\`?` : `known are ${known.join(', ')}`
    return `\`${section}${name}\` is not known (${hint})`
  })
}

/** One section, checked. Names outside of the schema are faults: nobody shares this file. */
function checkSection(document: JsonObject, name: string, faults: string[]): JsonObject {
  const schema = SECTIONS[name]
  const section = document[name] ?? {}
  if (!schema) return {}
  if (!isJsonObject(section)) {
    faults.push(`\`${name}\` must be an object in braces`)
    return {}
  }
  const checked = checkSettings(section, schema, `${name}.`)
  faults.push(
    ...unknownNames(section, Object.keys(schema.properties), `${name}.`),
    ...checked.faults,
  )
  return checked.settings as JsonObject
}

function resourcesOf(document: JsonObject, faults: string[]): Map<StreamName, Mode> {
  if (document['resources'] === undefined) {
    return new Map(STREAM_NAMES.map((resource) => [resource, 'incremental']))
  }
  const section = checkSection(document, 'resources', faults)
  const chosen = STREAM_NAMES.filter((resource) => section[resource] !== undefined)
  if (chosen.length === 0 && !faults.some((fault) => fault.includes('resources')))
    faults.push(`\`resources\` must name at least one of ${STREAM_NAMES.join(', ')}`)
  return new Map(chosen.map((resource) => [resource, section[resource] as Mode]))
}

/** A load that empties its tables first may only bring whole streams. */
function loadFaults(destination: JsonObject, resources: ReadonlyMap<StreamName, Mode>): string[] {
  if (destination['load_method'] !== 'overwrite') return []
  const partial = STREAM_NAMES.filter((resource) => resources.get(resource) === 'incremental')
  if (partial.length === 0) return []
  return [
    `\`destination.load_method\` overwrite would leave only what changed: make ${partial.map((name) => `\`resources.${name}\``).join(', ')} full_refresh, or load with upsert`,
  ]
}

function urlFaults({ notify, source }: JsonObject): string[] {
  const urls = {
    'source.api_url': objectOf(source)['api_url'],
    'notify.url': objectOf(notify)['url'],
  }
  return Object.entries(urls).flatMap(([name, url]) =>
    typeof url !== 'string' || isSafeUrl(url)
      ? []
      : [`\`${name}\` must begin with https:// (http:// only on a loopback address)`],
  )
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

/** True for https, and for http on this machine. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return true // told by its format
  const { protocol, hostname } = new URL(text)
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback)
}

function invalid(path: string, faults: readonly string[]): AppError {
  const list =
    faults.length === 1 ? ` ${faults[0]}` : faults.map((fault) => `\n  - ${fault}`).join('')
  return new AppError('CONFIG_INVALID', `The connection file ${path} is not usable:${list}.`)
}

/** Whether it makes sense is asked only where each setting by itself does. */
function checkSchedule(document: JsonObject, faults: string[]): ScheduleSettings {
  const own: string[] = []
  const schedule = checkSection(document, 'schedule', own) as ScheduleSettings
  try {
    if (own.length === 0) createSchedule(schedule, Date.now())
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    own.push(error.fullText.replace(/\.$/, ''))
  }
  faults.push(...own)
  return schedule
}

/** What the file means. Throws CONFIG_INVALID with every fault. */
export function parseConnection(
  file: JsonObject,
  path: string,
  env: NodeJS.ProcessEnv,
): Connection {
  const { expanded, missing } = interpolateEnv(file, env)
  const document = objectOf(expanded)
  const faults = missing.map(
    (name) => `the environment variable ${name} is not set, which the file takes with \${${name}}`,
  )
  faults.push(...unknownNames(document, Object.keys(TOP_PROPERTIES), ''))
  const checked = checkSettings(document, SCALARS)
  faults.push(...checked.faults)
  const top = checked.settings as TopSettings
  const source = checkSection(document, 'source', faults)
  const destination = checkSection(document, 'destination', faults)
  const schedule = checkSchedule(document, faults)
  const resources = resourcesOf(document, faults)
  const hasNotify = document['notify'] !== undefined && document['notify'] !== null
  const notify = hasNotify ? checkSection(document, 'notify', faults) : undefined
  faults.push(...urlFaults(document), ...loadFaults(destination, resources))
  // An unset variable leaves its setting empty, which is no second fault.
  const real = missing.length > 0 ? faults.filter((fault) => !fault.endsWith('is missing')) : faults
  if (real.length > 0) throw invalid(path, real)
  const folder = dirname(path)
  const base = basename(path).replace(/\.json$/, '')
  return {
    name: top.name ?? base,
    id: top.id,
    path,
    folder,
    dataFolder: resolve(folder, top.data_folder ?? join('.customerio-sync', base)),
    historyMonths: top.history_months,
    source: source as unknown as TapConfig,
    destination: destination as unknown as Connection['destination'],
    resources,
    schedule,
    notify: notify as NotifySettings | undefined,
  }
}

/**
 * Reads a connection file, puts environment variables in the place of `${NAME}`, and validates everything.
 * Throws CONFIG_INVALID with every fault at once, naming setting and what is allowed; never a secret.
 */
export async function loadConnection(path: string, env: NodeJS.ProcessEnv): Promise<Connection> {
  const file = await readJsonFile(path, 'connection').catch((error: unknown) => {
    if (!(error instanceof AppError) || !error.message.includes('no such file')) throw error
    const option = path === 'connection.json' ? '' : ` --connection ${path}`
    throw new AppError(error.code, error.message, {
      hint: `Make one with: customerio-sync init${option}`,
    })
  })
  return parseConnection(file, resolve(path), env)
}
