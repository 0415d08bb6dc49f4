/** Finds what is wrong with a connection, setting by setting, while it is typed. */

import connectionSchema from '../../../schemas/config/connection.json' with { type: 'json' }
import tapSchema from '../../../schemas/config/tap.json' with { type: 'json' }
import { AppError } from '../../errors.ts'
import { interpolateEnv } from '../../runner/connection/interpolate-env.ts'
import { checkSection, type SectionName } from '../../runner/connection/sections.ts'
import { createSchedule, type ScheduleSettings } from '../../runner/schedule/schedule.ts'
import { isDocumentName, NAME_RULE } from '../../runner/workspace/paths.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { isStreamName } from '../../streams/index.ts'
import { modesOf } from '../../streams/modes.ts'
import { isSafeUrl } from '../../urls/url-safety.ts'
import type { FieldProblem } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import { ENGINE_FORMS, engineOf } from './engine-forms.ts'
import { clauseOf } from './fields.ts'

export type Step = Api<'Step'>

export const STEPS: readonly Step[] = [
  'name',
  'source',
  'destination',
  'resources',
  'schedule',
  'notify',
]

/** What a document is compared with. */
export interface Surroundings {
  env: NodeJS.ProcessEnv
  /** Names of the other connections. */
  otherNames: readonly string[]
  /** Names of the shared destinations. */
  destinations: readonly string[]
}

interface CheckedDocument {
  /** The name that it is to have; undefined when that is not checked. */
  name: string | undefined
  document: JsonObject
}

const REQUIRED: Partial<Record<SectionName, readonly string[]>> = {
  source: tapSchema.required,
  notify: connectionSchema.properties.notify.required,
}

function unsetVariables(field: string, value: JsonValue, env: NodeJS.ProcessEnv): FieldProblem[] {
  return interpolateEnv(value, env).missing.map((name) => ({
    field,
    message: `uses the environment variable ${name}, which is not set for the console`,
  }))
}

/** Problems of single settings, and of settings that are missing. */
function sectionProblems(
  document: JsonObject,
  section: SectionName,
  env: NodeJS.ProcessEnv,
): FieldProblem[] {
  const value = document[section] ?? {}
  if (!isJsonObject(value)) return [{ field: section, message: 'must be an object' }]
  const wrong = Object.entries(value).flatMap(([name, setting]) => {
    const field = `${section}.${name}`
    const { expanded, missing } = interpolateEnv(setting, env)
    if (missing.length > 0) return unsetVariables(field, setting, env)
    const { problems } = checkSection({ [section]: { [name]: expanded } }, section, {
      requiresAll: false,
    })
    return problems.map((problem) => ({ field, message: clauseOf(problem) }))
  })
  const missing = (REQUIRED[section] ?? []).filter((name) => isBlank(value[name]))
  return [
    ...wrong,
    ...missing.map((name) => ({ field: `${section}.${name}`, message: 'is missing' })),
  ]
}

function isBlank(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

function nameProblems(name: string | undefined, { otherNames }: Surroundings): FieldProblem[] {
  if (name === undefined) return []
  if (!isDocumentName(name)) return [{ field: 'name', message: `must be ${NAME_RULE}` }]
  return otherNames.includes(name) ? [{ field: 'name', message: 'is taken' }] : []
}

function urlProblems(document: JsonObject, section: string, name: string): FieldProblem[] {
  const settings = document[section]
  const text = isJsonObject(settings) ? settings[name] : undefined
  if (typeof text !== 'string' || !URL.canParse(text)) return []
  const url = new URL(text)
  const field = `${section}.${name}`
  if (!isSafeUrl(url))
    return [{ field, message: 'must start with https:// (http:// is for loopback addresses only)' }]
  // The settings of a webhook are secret, and the URL of the API is not.
  const hasUser = name === 'api_url' && url.username + url.password !== ''
  return hasUser ? [{ field, message: 'must not contain a user or a password' }] : []
}

/** The setting `use`, and the engine of the URL. */
function destinationProblems(
  document: JsonObject,
  { destinations, env }: Surroundings,
): FieldProblem[] {
  const value = document['destination']
  if (!isJsonObject(value)) return sectionProblems(document, 'destination', env)
  const { use, ...own } = value
  const isKnown = use === undefined || (typeof use === 'string' && destinations.includes(use))
  const url = own['warehouse_url']
  const hasUnknownEngine = typeof url === 'string' && url !== '' && engineOf(url) === null
  const engines = Object.keys(ENGINE_FORMS).map((engine) => `${engine}:`)
  return [
    ...(isKnown
      ? []
      : [{ field: 'destination.use', message: 'is not a destination of the workspace' }]),
    ...sectionProblems({ destination: own }, 'destination', env),
    ...(hasUnknownEngine && !url.startsWith('${')
      ? [
          {
            field: 'destination.warehouse_url',
            message: `must begin with one of ${engines.join(', ')}`,
          },
        ]
      : []),
  ]
}

function canBeRefreshed(stream: string): boolean {
  return !isStreamName(stream) || modesOf(stream).includes('full_refresh')
}

function resourceProblems(document: JsonObject, env: NodeJS.ProcessEnv): FieldProblem[] {
  const { resources } = document
  const isEmpty = isJsonObject(resources) && Object.keys(resources).length === 0
  if (isEmpty) return [{ field: 'resources', message: 'must name at least one stream' }]
  const names = isJsonObject(resources) ? Object.keys(resources) : []
  const destination = isJsonObject(document['destination']) ? document['destination'] : {}
  const isOverwritten = destination['load_method'] === 'overwrite'
  const partial = names.filter(
    (name) => isJsonObject(resources) && resources[name] === 'incremental',
  )
  return [
    ...sectionProblems(document, 'resources', env),
    ...(isOverwritten ? partial : []).map((name) => ({
      field: `resources.${name}`,
      message: `${canBeRefreshed(name) ? 'must be full_refresh' : 'must be left out'}, because the load method overwrite would keep only changed rows`,
    })),
  ]
}

/** The setting that a message about a valid section is about. */
function scheduleField(message: string): string {
  if (message.startsWith('The cron expression')) return 'schedule.expression'
  return /^`(schedule\.\w+)`/.exec(message)?.[1] ?? 'schedule'
}

/** The schedule as a whole is checked when each of its settings is valid. */
export function scheduleProblems(document: JsonObject, env: NodeJS.ProcessEnv): FieldProblem[] {
  const problems = sectionProblems(document, 'schedule', env)
  if (problems.length > 0) return problems
  const { settings } = checkSection(document, 'schedule', { requiresAll: true })
  try {
    createSchedule(settings as unknown as ScheduleSettings, Date.now())
    return []
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return [{ field: scheduleField(error.message), message: error.fullText }]
  }
}

/** What is wrong in these steps. Reads no file and makes no request. */
export function stepProblems(
  { name, document }: CheckedDocument,
  steps: readonly Step[],
  surroundings: Surroundings,
): FieldProblem[] {
  const { env } = surroundings
  const checks: Readonly<Record<Step, () => FieldProblem[]>> = {
    name: () => nameProblems(name, surroundings),
    source: () => [
      ...sectionProblems(document, 'source', env),
      ...urlProblems(document, 'source', 'api_url'),
    ],
    destination: () => destinationProblems(document, surroundings),
    resources: () => resourceProblems(document, env),
    schedule: () => scheduleProblems(document, env),
    notify: () =>
      document['notify'] === undefined
        ? []
        : [...sectionProblems(document, 'notify', env), ...urlProblems(document, 'notify', 'url')],
  }
  return STEPS.filter((step) => steps.includes(step)).flatMap((step) => checks[step]())
}

/** What is wrong with the document of a shared destination. */
export function sharedProblems(document: JsonObject, env: NodeJS.ProcessEnv): FieldProblem[] {
  const { $schema: _, ...settings } = document
  const surroundings = { env, otherNames: [], destinations: [] }
  return destinationProblems({ destination: settings }, surroundings).map(({ field, message }) => ({
    field: field.replace(/^destination\./, ''),
    message,
  }))
}
