import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { parseConnection } from '../../runner/connection/connection.ts'
import { secretsOfConnection } from '../../runner/connection/connection-secrets.ts'
import { replaceDataFile } from '../../runner/connection/data-file.ts'
import { findRegion } from '../../runner/inspect/region.ts'
import { newConnectionFile } from '../../runner/workspace/find-connection.ts'
import { isWorkspaceFile } from '../../runner/workspace/paths.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { ProgramContext } from '../main.ts'
import { print } from '../print.ts'
import { CONNECTION_OPTION, connectionOptions, type Command } from '../command.ts'
import {
  askKey,
  askSettings,
  createConnectionDocument,
  hasNoAnswers,
  KEY_REFERENCE,
  KEY_VARIABLE,
  type InitFlags,
} from './init-document.ts'
import { canAsk } from '../prompt.ts'

/**
 * Throws CONFIG_INVALID for a file that no command could use. Does not open the warehouse; its
 * driver may be installed later.
 */
async function checkDocument(
  document: JsonObject,
  path: string,
  { env, logger }: ProgramContext,
): Promise<void> {
  const known = { [KEY_VARIABLE]: 'not set yet', ...env }
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

/** Finds the key's region by calling the API. Without a usable key the flags stay as they are. */
async function detectRegion(
  flags: InitFlags,
  key: string,
  { path, context }: { path: string; context: ProgramContext },
): Promise<InitFlags> {
  const { env, signal, logger } = context
  if (key === KEY_REFERENCE && (env[KEY_VARIABLE] ?? '') === '') {
    process.stderr.write(`${KEY_VARIABLE} is not set, so the key was not checked.\n`)
    return flags
  }
  const connection = parseConnection(createConnectionDocument(flags, key), resolve(path), env)
  for (const secret of secretsOfConnection(connection)) logger.mask(secret)
  process.stderr.write('Checking the key...\n')
  const { region, problem } = await findRegion(connection, { env, signal })
  const text =
    problem ?? `The key works${flags.apiUrl === undefined ? ` in region ${region}` : ''}.`
  process.stderr.write(`${logger.clean(text)}\n`)
  return { ...flags, region }
}

/** Writes the file atomically, readable only by its owner. Throws CONFIG_INVALID. */
async function writeDocument(path: string, document: JsonObject): Promise<void> {
  try {
    if (isWorkspaceFile(resolve(path))) await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await replaceDataFile(path, `${JSON.stringify(document, undefined, 2)}\n`)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    throw new AppError('CONFIG_INVALID', `${path} could not be written (${code}).`, { cause })
  }
}

function refuseExisting(path: string, { force }: InitFlags): void {
  if (!existsSync(path) || force === true) return
  throw new AppError('USAGE', `${path} already exists.`, {
    hint: 'Choose another name or file with --connection, or overwrite it with --force.',
  })
}

export const initCommand: Command<InitFlags> = {
  line: {
    name: 'customerio-sync init',
    usage: `Usage: $0 [--connection NAME|FILE]\n\nCreates a connection file. On a terminal it asks for the warehouse, the table prefix and the schedule; with a flag for any of them it asks nothing. If ${KEY_VARIABLE} is set, the file refers to it; otherwise you type the key.`,
    options: {
      ...CONNECTION_OPTION,
      region: {
        choices: ['us', 'eu'],
        describe: 'Region of the account. Detected from the key by default',
      },
      'api-url': {
        string: true,
        requiresArg: true,
        describe: "Base URL to use instead of the region's",
      },
      'warehouse-url': {
        string: true,
        requiresArg: true,
        describe:
          'Warehouse to load into: duckdb:, postgres://, ducklake:, iceberg: or clickhouse://',
      },
      schema: { string: true, requiresArg: true, describe: 'Database schema for the tables' },
      prefix: { string: true, describe: 'Prefix of every table name, used as written' },
      schedule: {
        string: true,
        requiresArg: true,
        describe: 'manual, an interval from 5m to 24h, or five cron fields',
      },
      'cutoff-days': {
        number: true,
        requiresArg: true,
        describe: 'Days before now from which the first sync reads',
      },
      force: { boolean: true, describe: 'Overwrite an existing file' },
    },
    examples: [
      ['$0', 'Answer questions'],
      ['$0 --warehouse-url duckdb:cio.duckdb --prefix cio_ --schedule 3h', 'Use flags only'],
      [
        "$0 --warehouse-url 'postgres://loader:${PGPASSWORD}@db.example.com/analytics'",
        'Take the password from a variable in each run',
      ],
    ],
  },
  run: async (flags, context) => {
    const path = await newConnectionFile(flags)
    refuseExisting(path, flags)
    const asks = canAsk() && hasNoAnswers(flags)
    const key = asks ? await askKey(context.env, context.signal) : KEY_REFERENCE
    const check = async (given: InitFlags) =>
      checkDocument(createConnectionDocument(given, key), path, context)
    await check(flags)
    const located =
      flags.region === undefined ? await detectRegion(flags, key, { path, context }) : flags
    const answers = asks ? await askSettings(located, check, context.signal) : located
    await writeDocument(path, createConnectionDocument(answers, key))
    await print(
      `Created ${path}. Only you can read it.\nNext: customerio-sync check${connectionOptions(flags)}`,
    )
  },
}
