import { randomUUID } from 'node:crypto'
import tapSettings from '../../schemas/config/tap.json' with { type: 'json' }
import targetSettings from '../../schemas/config/target.json' with { type: 'json' }
import type { SettingsSchema } from '../config.ts'
import { AppError } from '../errors.ts'
import type { TargetConfig } from '../schemas.generated.ts'
import { LineWriter } from '../singer/writer.ts'
import type { RunStart } from '../loader/run-start.ts'
import type { LoadConfig } from '../loader/stream/context.ts'
import type { Warehouse } from '../loader/warehouse.ts'
import type { AboutFormat } from './about.ts'
import type { CommandLine } from './arguments.ts'
import { main, type ProgramContext } from './main.ts'
import { maskPassword } from './mask-password.ts'

const NAME = 'target-warehouse'
/** Somebody waits for the result of `--test` and `--tables`. */
const WATCHED_RETRY_MS = 5000

const COMMAND_LINE: CommandLine = {
  name: NAME,
  usage: `Usage: TAP | $0 [--config FILE]\n\nLoads a Singer stream into a warehouse; writes each STATE when its records are committed.`,
  options: {
    config: {
      alias: 'c',
      string: true,
      array: true,
      requiresArg: true,
      nargs: 1,
      describe:
        'JSON file with settings, may be repeated, later ones win; ENV reads TARGET_WAREHOUSE_*',
    },
    input: { string: true, requiresArg: true, describe: 'File to read instead of stdin' },
    test: { boolean: true, describe: 'Prove that tables can be created and dropped' },
    'last-state': { boolean: true, describe: 'Print the newest committed STATE, or nothing' },
    tables: {
      string: true,
      requiresArg: true,
      describe:
        'Print the tables of these streams (names with commas), their rows and columns, as JSON',
    },
    // For the runner alone: what a run starts from, and that it still stands when the load begins.
    'run-start': { string: true, requiresArg: true, hidden: true },
    'after-load': { string: true, requiresArg: true, hidden: true },
    'start-state': { string: true, requiresArg: true, hidden: true },
    about: { boolean: true, describe: 'Describe the target and its settings' },
    format: {
      choices: ['text', 'json', 'markdown'],
      default: 'text',
      describe: 'Format of --about',
    },
    version: { boolean: true, describe: 'Print the version' },
  },
  examples: [
    ['tap-customerio --config tap.json | $0', 'Load into warehouse.duckdb'],
    ['$0 --config target.json --test', 'Prove the settings'],
    ['$0 --config target.json --last-state > state.json', 'Where the next sync goes on'],
  ],
}

interface Flags {
  config?: string[]
  input?: string
  test?: boolean
  lastState?: boolean
  tables?: string
  runStart?: string
  afterLoad?: string
  startState?: string
  about?: boolean
  format: AboutFormat
  version?: boolean
}

async function print(text: string): Promise<void> {
  const writer = new LineWriter(process.stdout)
  await writer.writeLine(text)
  await writer.flush()
}

/** The answers that need no configuration. True when one was given. */
async function answer(flags: Flags): Promise<boolean> {
  if (flags.version) {
    const { packageVersion } = await import('../package-version.ts')
    await print(`${NAME} ${packageVersion()}`)
    return true
  }
  if (!flags.about) return false
  const { printAbout } = await import('./about.ts')
  const about = {
    name: NAME,
    description: 'Singer target for warehouses: exact values, rows and STATE in one transaction.',
    capabilities: [
      'about',
      'activate-version',
      'hard-delete',
      'soft-delete',
      'structured-logging',
      'target-schema',
      'validate-records',
    ],
    settings: targetSettings as SettingsSchema,
  }
  await print(printAbout(about, flags.format))
  return true
}

type Config = LoadConfig & Pick<TargetConfig, 'default_target_schema'> & { warehouse_url: string }

async function openInput(path: string | undefined): Promise<NodeJS.ReadableStream> {
  const { fstatSync } = await import('node:fs')
  if (path === undefined) {
    // Node takes it for an input that is empty.
    if (fstatSync(process.stdin.fd).isDirectory())
      throw new AppError('INPUT_INVALID', 'The input could not be read (stdin is a folder).')
    return process.stdin
  }
  const { open } = await import('node:fs/promises')
  const { readFailureOf } = await import('../json-file.ts')
  const unreadable = (reason: string, cause?: unknown) =>
    new AppError('INPUT_INVALID', `The input file ${path} could not be read (${reason}).`, {
      hint: 'Check the path given with --input.',
      cause,
    })
  const file = await open(path).catch((cause: unknown) => {
    throw unreadable(readFailureOf(cause), cause)
  })
  if ((await file.stat()).isDirectory()) {
    await file.close()
    throw unreadable('is a folder')
  }
  return file.createReadStream({ highWaterMark: 1 << 20 })
}

/** What the runner began from; undefined without it. */
async function startOf({ afterLoad, startState: path }: Flags): Promise<RunStart | undefined> {
  if (afterLoad === undefined) return undefined
  const { readFile } = await import('node:fs/promises')
  return { afterLoad, state: path === undefined ? null : await readFile(path, 'utf8') }
}

async function loadInput(
  warehouse: Warehouse,
  config: Config,
  work: { flags: Flags; context: ProgramContext },
) {
  const { load } = await import('../loader/load.ts')
  const { logger, signal } = work.context
  const input = await openInput(work.flags.input)
  const startedAt = performance.now()
  try {
    const totals = await load({
      input: input as AsyncIterable<Buffer>,
      output: new LineWriter(process.stdout),
      warehouse,
      config,
      logger,
      signal,
      runId: randomUUID(),
      start: await startOf(work.flags),
      now: Date.now,
    })
    const seconds = Math.round(performance.now() - startedAt) / 1000
    logger.info('load_finished', 'Everything was loaded.', { ...totals, seconds })
  } finally {
    // An open pipe would keep the process alive.
    if ('destroy' in input) (input as NodeJS.ReadStream).destroy()
  }
}

/** Asks the open warehouse, and asks again when the answer was lost. */
async function askAgain<T>(
  warehouse: Warehouse,
  question: () => Promise<T>,
  { logger, signal }: ProgramContext,
): Promise<T> {
  const { retryTransient } = await import('../loader/commit/retry.ts')
  return retryTransient(question, 'The database did not respond; retrying.', {
    warehouse,
    logger,
    signal,
  })
}

async function printLastState(
  warehouse: Warehouse,
  config: Config,
  context: ProgramContext,
): Promise<void> {
  const { LEDGER_TABLE } = await import('../loader/warehouse.ts')
  const ask = async () => warehouse.lastLoads(config.table_prefix + LEDGER_TABLE)
  const { withState } = await askAgain(warehouse, ask, context)
  if (withState?.state) await print(withState.state)
}

async function printTables(
  warehouse: Warehouse,
  config: Config,
  { streams, context }: { streams: string; context: ProgramContext },
): Promise<void> {
  const { describeStreams } = await import('../loader/describe.ts')
  const ask = async () => describeStreams(warehouse, config.table_prefix, streams.split(','))
  await print(JSON.stringify(await askAgain(warehouse, ask, context)))
}

async function test(warehouse: Warehouse, config: Config, context: ProgramContext): Promise<void> {
  await askAgain(warehouse, async () => warehouse.check(config.table_prefix), context)
  context.logger.info('warehouse_writable', 'The warehouse can be written.')
}

async function printRunStart(
  warehouse: Warehouse,
  config: Config,
  { streams, context }: { streams: string; context: ProgramContext },
): Promise<void> {
  const { describeRunStart } = await import('../loader/run-start.ts')
  const ask = async () => describeRunStart(warehouse, config.table_prefix, streams.split(','))
  await print(JSON.stringify(await askAgain(warehouse, ask, context)))
}

/** Answers a question of the flags, if there is one. */
async function answerFromWarehouse(
  warehouse: Warehouse,
  config: Config,
  { flags, context }: { flags: Flags; context: ProgramContext },
): Promise<boolean> {
  const { lastState, tables, runStart } = flags
  if (lastState) await printLastState(warehouse, config, context)
  else if (tables !== undefined) await printTables(warehouse, config, { streams: tables, context })
  else if (runStart !== undefined)
    await printRunStart(warehouse, config, { streams: runStart, context })
  else return false
  return true
}

async function run(flags: Flags, context: ProgramContext): Promise<void> {
  const { loadConfig } = await import('../config.ts')
  const { createWarehouse } = await import('../warehouses/index.ts')
  const { logger, env } = context
  const config = await loadConfig<Config>(targetSettings, {
    paths: flags.config ?? [],
    envPrefix: 'TARGET_WAREHOUSE',
    env,
    shared: Object.keys(tapSettings.properties),
    warn: (sentence) => logger.warn('settings_unknown', sentence),
  })
  maskPassword(config.warehouse_url, logger)
  const warehouse = await createWarehouse({
    url: config.warehouse_url,
    schema: config.default_target_schema,
    tablePrefix: config.table_prefix,
    isReadOnly: [flags.lastState, flags.tables, flags.runStart].some((flag) => flag !== undefined),
    logger,
    signal: context.signal,
    ...((flags.test || flags.tables !== undefined) && { openRetryMs: WATCHED_RETRY_MS }),
  })
  try {
    await warehouse.open()
    if (await answerFromWarehouse(warehouse, config, { flags, context })) return
    if (flags.test) await test(warehouse, config, context)
    else await loadInput(warehouse, config, { flags, context })
  } finally {
    await warehouse.close()
  }
}

await main({
  name: NAME,
  run: async (context) => {
    const { parseArguments } = await import('./arguments.ts')
    const flags = parseArguments<Flags>(COMMAND_LINE, context.args)
    if (flags === undefined || (await answer(flags))) return
    await run(flags, context)
  },
})
