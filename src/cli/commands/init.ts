import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { parseConnection } from '../../runner/connection/connection.ts'
import { secretsOfConnection } from '../../runner/connection/connection-secrets.ts'
import { replaceDataFile } from '../../runner/connection/data-file.ts'
import { findRegion } from '../../runner/inspect/region.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { ProgramContext } from '../main.ts'
import { CONNECTION_OPTION, print, type Command, type ConnectionFlags } from './command.ts'
import { ask, canAsk } from './prompt.ts'

const KEY_VARIABLE = 'CUSTOMERIO_APP_API_KEY'
const KEY_REFERENCE = `\${${KEY_VARIABLE}}`
const DEFAULTS = { warehouse: 'duckdb:warehouse.duckdb', prefix: 'customerio_', schedule: 'manual' }

interface InitFlags extends ConnectionFlags {
  region?: string
  apiUrl?: string
  warehouseUrl?: string
  schema?: string
  prefix?: string
  schedule?: string
  cutoffDays?: number
  force?: boolean
}

/** `manual`, an interval, or five cron fields. */
export function scheduleOf(answer: string): JsonObject {
  if (answer === 'manual') return { type: 'manual' }
  if (/^\d+[mh]$/.test(answer)) return { type: 'basic', every: answer }
  return { type: 'cron', expression: answer }
}

function documentOf(flags: InitFlags, appApiKey: string): JsonObject {
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
    resources: {
      newsletters: 'incremental',
      campaigns: 'incremental',
      campaign_actions: 'incremental',
    },
    schedule: scheduleOf(flags.schedule ?? DEFAULTS.schedule),
  }
}

/** Whether nothing was given that a person would be asked for. */
function hasNoAnswers(flags: InitFlags): boolean {
  const { warehouseUrl, schema, prefix, schedule, cutoffDays } = flags
  return [warehouseUrl, schema, prefix, schedule, cutoffDays].every((flag) => flag === undefined)
}

async function askKey({ env, signal }: ProgramContext): Promise<string> {
  if ((env[KEY_VARIABLE] ?? '') !== '') return KEY_REFERENCE
  const text = `App API key (Settings > Account settings > API credentials > App API keys; it is not shown)`
  return ask(
    {
      text,
      isHidden: true,
      check: (answer) => {
        if (answer === '') throw new AppError('USAGE', 'A key is needed.')
      },
    },
    signal,
  )
}

/** Throws CONFIG_INVALID for a file that no command could use. The warehouse is not opened, and its driver may come later. */
async function checkDocument(
  document: JsonObject,
  path: string,
  { env, logger }: ProgramContext,
): Promise<void> {
  const known = { [KEY_VARIABLE]: 'not yet set', ...env }
  const { destination } = parseConnection(document, resolve(path), known)
  const { createWarehouse } = await import('../../warehouses/index.ts')
  try {
    await createWarehouse({
      url: destination.warehouse_url,
      schema: destination.default_target_schema,
      tablePrefix: destination.table_prefix,
      isReadOnly: true,
      logger,
    })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'DRIVER_MISSING') throw error
  }
}

/** Asks what is not given. Each answer is checked as a part of the whole file. */
async function askRest(flags: InitFlags, key: string, context: ProgramContext): Promise<InitFlags> {
  const { signal } = context
  const answers = { ...flags }
  const checked = (name: 'warehouseUrl' | 'prefix' | 'schedule') => async (answer: string) =>
    checkDocument(documentOf({ ...answers, [name]: answer }, key), flags.connection, context)
  answers.warehouseUrl = await ask(
    {
      text: 'Warehouse, duckdb:PATH or postgres://USER:PASSWORD@HOST/DATABASE',
      default: DEFAULTS.warehouse,
      check: checked('warehouseUrl'),
    },
    signal,
  )
  answers.prefix = await ask(
    { text: 'Prefix of the tables', default: DEFAULTS.prefix, check: checked('prefix') },
    signal,
  )
  answers.schedule = await ask(
    {
      text: 'Schedule: manual, an interval (5m to 24h), or five cron fields in UTC',
      default: DEFAULTS.schedule,
      check: checked('schedule'),
    },
    signal,
  )
  return answers
}

/** What the key itself says of its region; a key that cannot be tried now leaves the default. */
async function withRegion(
  flags: InitFlags,
  key: string,
  context: ProgramContext,
): Promise<InitFlags> {
  const { env, signal, logger } = context
  if (key === KEY_REFERENCE && (env[KEY_VARIABLE] ?? '') === '') {
    process.stderr.write(`${KEY_VARIABLE} is not set, so the key was not tried.\n`)
    return flags
  }
  const path = resolve(flags.connection)
  const connection = parseConnection(documentOf(flags, key), path, env)
  for (const secret of secretsOfConnection(connection)) logger.mask(secret)
  process.stderr.write('Trying the key...\n')
  const { region, problem } = await findRegion(connection, { env, signal })
  const text =
    problem ?? `The key works${flags.apiUrl === undefined ? ` in region ${region}` : ''}.`
  process.stderr.write(`${logger.clean(text)}\n`)
  return { ...flags, region }
}

/** Never seen half-written, never readable by others. */
async function write(path: string, document: JsonObject): Promise<void> {
  try {
    await replaceDataFile(path, `${JSON.stringify(document, undefined, 2)}\n`)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    throw new AppError('CONFIG_INVALID', `${path} could not be written (${code}).`, { cause })
  }
}

function refuseExisting({ connection: path, force }: InitFlags): void {
  if (!existsSync(path) || force === true) return
  throw new AppError('USAGE', `${path} exists already.`, {
    hint: 'Name another file with --connection, or replace it with --force.',
  })
}

export const initCommand: Command<InitFlags> = {
  line: {
    name: 'customerio-sync init',
    usage: `Usage: $0 [--connection FILE]\n\nWrites a connection file. Asks a few questions on a terminal; with a flag for one of them it asks none. The key is taken from ${KEY_VARIABLE}, to which the file then refers, or typed unseen.`,
    options: {
      ...CONNECTION_OPTION,
      region: {
        choices: ['us', 'eu'],
        describe: 'Region of the account; by default the key is tried',
      },
      'api-url': { string: true, requiresArg: true, describe: "Replaces the region's API" },
      'warehouse-url': { string: true, requiresArg: true, describe: 'Where to load' },
      schema: { string: true, requiresArg: true, describe: 'Schema of the tables' },
      prefix: { string: true, describe: 'In front of every table name, literally' },
      schedule: {
        string: true,
        requiresArg: true,
        describe: 'manual, 5m to 24h, or five cron fields',
      },
      'cutoff-days': {
        number: true,
        requiresArg: true,
        describe: 'How far back the first sync reads',
      },
      force: { boolean: true, describe: 'Replace a file that exists' },
    },
    examples: [
      ['$0', 'Ask'],
      ['$0 --warehouse-url duckdb:cio.duckdb --prefix cio_ --schedule 3h', 'Ask nothing'],
    ],
  },
  run: async (flags, context) => {
    refuseExisting(flags)
    const asks = canAsk() && hasNoAnswers(flags)
    const key = asks ? await askKey(context) : KEY_REFERENCE
    await checkDocument(documentOf(flags, key), flags.connection, context)
    const located = flags.region === undefined ? await withRegion(flags, key, context) : flags
    const answers = asks ? await askRest(located, key, context) : located
    const document = documentOf(answers, key)
    await write(flags.connection, document)
    const option = flags.connection === 'connection.json' ? '' : ` --connection ${flags.connection}`
    await print(
      `Wrote ${flags.connection}, readable by you alone.\nNext: customerio-sync check${option}`,
    )
  },
}
