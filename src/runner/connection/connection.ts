/**
 * Reads a connection file: interpolates its variables, checks it and reports all its problems at
 * once.
 */

import { basename, join, resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { readJsonFile } from '../../json-file.ts'
import type { ConnectionConfig, TapConfig, TargetConfig } from '../../schemas.generated.ts'
import { shellQuoted } from '../../shell-quoted.ts'
import type { JsonObject } from '../../singer/json.ts'
import { chosenStreams, type ChosenStream } from '../../streams/choice.ts'
import { CORE_STREAM_NAMES, STREAM_NAMES, type StreamName } from '../../streams/index.ts'
import { modesOf, type Mode } from '../../streams/modes.ts'
import { isSafeUrl } from '../../urls/url-safety.ts'
import { createSchedule, type ScheduleSettings } from '../schedule/schedule.ts'
import {
  isDocumentName,
  isWorkspaceFile,
  LONE_CONNECTION,
  LONE_NAME,
  NAME_RULE,
  workspaceFolderOf,
} from '../workspace/paths.ts'
import { hasCode } from './data-file.ts'
import { interpolateEnv } from './interpolate-env.ts'
import { joinSharedDestination } from './shared-destination.ts'
import {
  checkSection,
  checkTopSettings,
  objectOf,
  problemList,
  type CheckedSection,
  type CheckOptions,
} from './sections.ts'

export type NotifySettings = NonNullable<ConnectionConfig['notify']>

export interface Connection {
  name: string
  /** Identifies the connection in the warehouse, even when its name changes. */
  id: string | undefined
  /** Absolute path of its file. */
  path: string
  /**
   * Folder of the workspace, otherwise of the file. Relative paths in the file start here, not at
   * the working directory.
   */
  folder: string
  /** Path of the shared destination that it uses, if any. */
  sharedDestinationPath: string | undefined
  /** Folder of the history, the lock and the documents of the last run. Created when first used. */
  dataFolder: string
  historyMonths: number
  source: TapConfig
  destination: TargetConfig & { warehouse_url: string; table_prefix: string }
  /** The selected streams, in the tap's order. */
  resources: ReadonlyMap<StreamName, Mode>
  /** As in the file; see schedule.ts for its meaning. */
  schedule: ScheduleSettings
  notify: NotifySettings | undefined
}

type TopSettings = Pick<ConnectionConfig, 'name' | 'id' | 'data_folder'> & {
  history_months: number
}

interface CheckedStreams {
  streams: Map<StreamName, Mode>
  problems: string[]
}

/** Personal data is only read when its stream is named, so that a later version adds none. */
function isMeant({ definition, isNamed }: ChosenStream): boolean {
  return isNamed || definition.tier !== 'personal'
}

/** The streams that `source.streams` chooses, each in its default mode. */
function defaultStreams({ streams = 'core' }: Partial<TapConfig>): Map<StreamName, Mode> {
  const chosen = new Set(
    chosenStreams(streams)
      .filter(isMeant)
      .map((one) => one.definition.id),
  )
  const names = STREAM_NAMES.filter((name) => chosen.has(name))
  return new Map(names.map((name) => [name, modesOf(name)[0]]))
}

function checkStreams(
  document: JsonObject,
  source: CheckedSection,
  options: CheckOptions,
): CheckedStreams {
  if (document['resources'] === undefined) {
    const isValid = source.problems.length === 0
    return { streams: defaultStreams(isValid ? source.settings : {}), problems: [] }
  }
  const { settings, problems } = checkSection(document, 'resources', options)
  const selected = STREAM_NAMES.filter((name) => settings[name] !== undefined)
  if (selected.length === 0 && problems.length === 0) {
    const some = CORE_STREAM_NAMES.join(', ')
    problems.push(`\`resources\` must name at least one stream, such as ${some}`)
  }
  return { streams: new Map(selected.map((name) => [name, settings[name] as Mode])), problems }
}

/** The schedule as a whole is checked only when each of its settings is valid. */
function checkSchedule(document: JsonObject, options: CheckOptions): CheckedSection {
  const { settings, problems } = checkSection(document, 'schedule', options)
  try {
    if (problems.length === 0) createSchedule(settings as unknown as ScheduleSettings, Date.now())
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    problems.push(error.fullText.replace(/\.$/, ''))
  }
  return { settings, problems }
}

/** Overwriting empties the tables first, so it needs streams that are read completely. */
function partialOverwrites(
  destination: JsonObject,
  streams: ReadonlyMap<StreamName, Mode>,
): string[] {
  if (destination['load_method'] !== 'overwrite') return []
  const partial = STREAM_NAMES.filter((name) => streams.get(name) === 'incremental')
  if (partial.length === 0) return []
  const settingsOf = (canRefresh: boolean) =>
    partial
      .filter((name) => modesOf(name).includes('full_refresh') === canRefresh)
      .map((name) => `\`resources.${name}\``)
      .join(', ')
  const [refreshed, removed] = [settingsOf(true), settingsOf(false)]
  const steps = [
    ...(refreshed === '' ? [] : [`set ${refreshed} to full_refresh`]),
    ...(removed === '' ? [] : [`remove ${removed}`]),
  ].join(' and ')
  return [
    `\`destination.load_method\` overwrite would keep only changed rows: ${steps}, or use upsert`,
  ]
}

/** A string that is not a URL is reported by its format. */
function unsafeUrls({ notify, source }: JsonObject): string[] {
  const urls = {
    'source.api_url': objectOf(source)['api_url'],
    'notify.url': objectOf(notify)['url'],
  }
  return Object.entries(urls).flatMap(([name, url]) =>
    typeof url !== 'string' || !URL.canParse(url) || isSafeUrl(new URL(url))
      ? []
      : [`\`${name}\` must start with https:// (http:// is for loopback addresses only)`],
  )
}

function invalid(path: string, problems: readonly string[]): AppError {
  const sentence = `The connection file ${path} is not valid:${problemList(problems)}`
  return new AppError('CONFIG_INVALID', sentence)
}

interface CheckedDocument extends Pick<Connection, 'resources' | 'schedule' | 'notify'> {
  top: TopSettings
  source: JsonObject
  destination: JsonObject
  problems: string[]
}

function checkDocument(document: JsonObject, options: CheckOptions): CheckedDocument {
  const top = checkTopSettings(document)
  const source = checkSection(document, 'source', options)
  const destination = checkSection(document, 'destination', options)
  const schedule = checkSchedule(document, options)
  const { streams, problems } = checkStreams(document, source, options)
  const hasNotify = document['notify'] !== undefined && document['notify'] !== null
  const notify = hasNotify ? checkSection(document, 'notify', options) : undefined
  return {
    top: top.settings as unknown as TopSettings,
    source: source.settings,
    destination: destination.settings,
    schedule: schedule.settings as unknown as ScheduleSettings,
    resources: streams,
    notify: notify?.settings as NotifySettings | undefined,
    problems: [
      ...[top, source, destination, schedule].flatMap((section) => section.problems),
      ...problems,
      ...(notify?.problems ?? []),
      ...unsafeUrls(document),
      ...partialOverwrites(destination.settings, streams),
    ],
  }
}

/** In a workspace the name of the file is the name, so that no two connections share one. */
function namingProblems(path: string, { name }: TopSettings): string[] {
  if (!isWorkspaceFile(path)) return []
  const baseName = baseNameOf(path)
  if (!isDocumentName(baseName)) return [`the name of the file must be ${NAME_RULE}`]
  if (baseName === LONE_NAME)
    return [`the file must have another name: ${LONE_CONNECTION} of the workspace is called so`]
  if (name === undefined || name === baseName) return []
  return [`\`name\` must be left out or be "${baseName}", the name of the file, not "${name}"`]
}

function baseNameOf(path: string): string {
  return basename(path).replace(/\.json$/, '')
}

/** The connection that a document describes. Throws CONFIG_INVALID with every problem. */
export function parseConnection(
  file: JsonObject,
  path: string,
  env: NodeJS.ProcessEnv,
): Connection {
  const { expanded, missing } = interpolateEnv(file, env)
  const checked = checkDocument(objectOf(expanded), { requiresAll: missing.length === 0 })
  const problems = [
    ...missing.map(
      (name) => `the environment variable ${name} is not set, but the file uses \${${name}}`,
    ),
    ...checked.problems,
    ...namingProblems(path, checked.top),
  ]
  if (problems.length > 0) throw invalid(path, problems)
  const { top, source, destination, resources, schedule, notify } = checked
  const folder = workspaceFolderOf(path)
  const baseName = baseNameOf(path)
  return {
    name: top.name ?? baseName,
    id: top.id,
    path,
    folder,
    sharedDestinationPath: undefined,
    dataFolder: resolve(folder, top.data_folder ?? join('.customerio-sync', baseName)),
    historyMonths: top.history_months,
    source: source as unknown as TapConfig,
    destination: destination as unknown as Connection['destination'],
    resources,
    schedule,
    notify,
  }
}

/**
 * The connection that a document describes, with the shared destination that it uses. Throws
 * CONFIG_INVALID with every problem: which setting, what is allowed, and never a secret.
 */
async function connectionOf(
  file: JsonObject,
  path: string,
  env: NodeJS.ProcessEnv,
): Promise<Connection> {
  const { document, sharedPath } = await joinSharedDestination(file, path, env)
  return { ...parseConnection(document, path, env), sharedDestinationPath: sharedPath }
}

/** Reads a connection file; see `connectionOf`. Throws CONFIG_INVALID. */
export async function loadConnection(path: string, env: NodeJS.ProcessEnv): Promise<Connection> {
  const file = await readJsonFile(path, 'connection').catch((error: unknown) => {
    if (!(error instanceof AppError) || !hasCode(error.cause, 'ENOENT')) throw error
    const option = path === LONE_CONNECTION ? '' : ` --connection ${shellQuoted(path)}`
    throw new AppError(error.code, error.message, {
      hint: `Create it with: customerio-sync init${option}`,
    })
  })
  return connectionOf(file, resolve(path), env)
}
