import { randomUUID } from 'node:crypto'
import tapSettings from '../../schemas/config/tap.json' with { type: 'json' }
import targetSettings from '../../schemas/config/target.json' with { type: 'json' }
import { AppError } from '../errors.ts'
import type { TargetConfig } from '../schemas.generated.ts'
import { LineWriter } from '../singer/writer.ts'
import type { RunStart } from '../loader/commit/run-start.ts'
import type { Warehouse } from '../loader/warehouse.ts'
import type { CommandLine } from './arguments.ts'
import { main, type ProgramContext } from './main.ts'
import { print } from './print.ts'
import {
  printPreview,
  printQuery,
  QUERY_OPTIONS,
  queryChoices,
  type QueryFlags,
} from './target-query.ts'
import {
  aboutOptions,
  configOption,
  loadSettings,
  maskUrl,
  printProgramInfo,
  type SingerFlags,
  type SingerProgram,
} from './singer-program.ts'

/** How long to retry to open the warehouse when a person waits. */
const INTERACTIVE_RETRY_MS = 5000

const TARGET: SingerProgram = {
  name: 'target-warehouse',
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
  settings: targetSettings,
  envPrefix: 'TARGET_WAREHOUSE',
}

const COMMAND_LINE: CommandLine = {
  name: TARGET.name,
  usage:
    'Usage: TAP | $0 [--config FILE]\n\nLoads a Singer stream into a warehouse. Prints each STATE after its records are committed.',
  options: {
    config: configOption(TARGET.envPrefix),
    input: { string: true, requiresArg: true, describe: 'File to read instead of stdin' },
    test: {
      boolean: true,
      describe: 'Check that the target can create, fill, read and drop a table in the warehouse',
    },
    'last-state': {
      boolean: true,
      describe: 'Print the last committed STATE, or nothing when there is none',
    },
    tables: {
      string: true,
      requiresArg: true,
      describe:
        'Print tables, live and deleted rows, and columns of these streams as JSON. Separate names with commas',
    },
    maintain: {
      boolean: true,
      describe: 'Maintain the tables now: merge small files, expire what is old. Prints JSON',
    },
    ...QUERY_OPTIONS,
    // For the runner only: a test with the SCHEMA messages on stdin, the start of a run, and the
    // check that it still holds when the load begins.
    'test-schemas': { boolean: true, hidden: true },
    'run-start': { string: true, requiresArg: true, hidden: true },
    'after-load': { string: true, requiresArg: true, hidden: true },
    'start-state': { string: true, requiresArg: true, hidden: true },
    ...aboutOptions('target', 'csv'),
  },
  examples: [
    ['tap-customerio --config tap.json | $0', 'Load into warehouse.duckdb'],
    ['$0 --config target.json --test', 'Check the settings'],
    ['$0 --config target.json --last-state > state.json', 'Save the state for the next sync'],
    ['$0 --config target.json --query "select 1" --format csv', 'Query the warehouse'],
    ['$0 --config target.json --preview users --rows 5', 'Show the newest rows of a stream'],
  ],
}

interface Flags extends SingerFlags, QueryFlags {
  input?: string
  test?: boolean
  lastState?: boolean
  tables?: string
  maintain?: boolean
  testSchemas?: boolean
  runStart?: string
  afterLoad?: string
  startState?: string
}

/** Flags that only read the warehouse. */
const READING_FLAGS = [
  'lastState',
  'tables',
  'runStart',
  'query',
  'preview',
] as const satisfies (keyof Flags)[]
/** Flags that a person waits for. */
const INTERACTIVE_FLAGS = ['test', 'tables', 'query', 'preview'] as const satisfies (keyof Flags)[]

async function openInput(path: string | undefined): Promise<NodeJS.ReadableStream> {
  const { fstatSync } = await import('node:fs')
  if (path === undefined) {
    // Node would read a folder as empty input.
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

/** An open pipe keeps the process alive. */
function releaseInput(input: NodeJS.ReadableStream | undefined): void {
  if (input && 'destroy' in input) (input as NodeJS.ReadStream).destroy()
}

/** The start of the runner's run; undefined when the runner did not start us. */
async function readRunStart({ afterLoad, startState: path }: Flags): Promise<RunStart | undefined> {
  if (afterLoad === undefined) return undefined
  const { readFile } = await import('node:fs/promises')
  return { afterLoad, state: path === undefined ? null : await readFile(path, 'utf8') }
}

/** One invocation with its open warehouse. */
interface Job {
  warehouse: Warehouse
  config: TargetConfig
  flags: Flags
  context: ProgramContext
}

async function loadInput({ warehouse, config, flags, context }: Job): Promise<void> {
  const { load } = await import('../loader/load.ts')
  const { logger, signal } = context
  const input = await openInput(flags.input)
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
      start: await readRunStart(flags),
      now: Date.now,
    })
    const seconds = Math.round(performance.now() - startedAt) / 1000
    logger.info('load_finished', 'Load finished.', { ...totals, seconds })
  } finally {
    releaseInput(input)
  }
}

/** Queries the open warehouse and retries transient failures. */
async function queryWarehouse<T>({ warehouse, context }: Job, query: () => Promise<T>): Promise<T> {
  const { retryTransient } = await import('../loader/commit/retry.ts')
  const { logger, signal } = context
  try {
    const warning = 'The database did not respond; retrying.'
    return await retryTransient(query, warning, { warehouse, logger, signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

async function printLastState(job: Job): Promise<void> {
  const { LEDGER_TABLE } = await import('../loader/warehouse.ts')
  const table = job.config.table_prefix + LEDGER_TABLE
  const { withState } = await queryWarehouse(job, async () => job.warehouse.lastLoads(table))
  if (withState?.state) await print(withState.state)
}

async function printTables(job: Job, streams: readonly string[]): Promise<void> {
  const { inspectStreams } = await import('../loader/inspect/table-facts.ts')
  const { warehouse, config, context } = job
  const request = { streams, signal: context.signal }
  const query = async () => inspectStreams(warehouse, config.table_prefix, request)
  await print(JSON.stringify(await queryWarehouse(job, query)))
}

async function printRunStart(job: Job, streams: readonly string[]): Promise<void> {
  const { describeRunStart } = await import('../loader/commit/run-start.ts')
  const { warehouse, config } = job
  const query = async () => describeRunStart(warehouse, config.table_prefix, streams)
  await print(JSON.stringify(await queryWarehouse(job, query)))
}

async function testWarehouse(job: Job): Promise<void> {
  const { warehouse, config, flags, context } = job
  const { checkLoad } = await import('../loader/check-load.ts')
  const schemas = flags.testSchemas ? await openInput(flags.input) : undefined
  const options = { warehouse, config, logger: context.logger, signal: context.signal }
  try {
    await checkLoad(options, schemas as AsyncIterable<Buffer> | undefined)
  } finally {
    releaseInput(schemas)
  }
  await queryWarehouse(job, async () => job.warehouse.check(job.config.table_prefix))
  job.context.logger.info('warehouse_writable', 'The warehouse is writable.')
}

async function maintainWarehouse(job: Job): Promise<void> {
  const { warehouse, config } = job
  const report = await queryWarehouse(job, async () => warehouse.maintain(config.table_prefix))
  await print(JSON.stringify(report ?? {}))
}

async function runQuery(job: Job, query: string): Promise<void> {
  const { warehouse, flags, context } = job
  await queryWarehouse(job, async () => printQuery(warehouse, { ...flags, query }, context))
}

async function runPreview(job: Job, preview: string): Promise<void> {
  const { warehouse, config, flags, context } = job
  const target = { warehouse, prefix: config.table_prefix }
  await queryWarehouse(job, async () => printPreview(target, { ...flags, preview }, context))
}

/** Does the one thing that the flags ask for; without such a flag, loads the input. */
async function runJob(job: Job): Promise<void> {
  const { lastState, tables, runStart, test, maintain, query, preview } = job.flags
  if (lastState) await printLastState(job)
  else if (tables !== undefined) await printTables(job, tables.split(','))
  else if (runStart !== undefined) await printRunStart(job, runStart.split(','))
  else if (test) await testWarehouse(job)
  else if (maintain) await maintainWarehouse(job)
  else if (query !== undefined) await runQuery(job, query)
  else if (preview !== undefined) await runPreview(job, preview)
  else await loadInput(job)
}

async function openAndRun(flags: Flags, context: ProgramContext): Promise<void> {
  const { logger, env, signal } = context
  if (flags.query !== undefined || flags.preview !== undefined) queryChoices(flags)
  const config = await loadSettings<TargetConfig>(TARGET, tapSettings, { flags, env, logger })
  const { createWarehouse } = await import('../warehouses/index.ts')
  maskUrl(config.warehouse_url, logger)
  const isInteractive = INTERACTIVE_FLAGS.some((name) => flags[name] !== undefined)
  const warehouse = await createWarehouse({
    url: config.warehouse_url,
    schema: config.default_target_schema,
    tablePrefix: config.table_prefix,
    isReadOnly: READING_FLAGS.some((name) => flags[name] !== undefined),
    logger,
    signal,
    ...(isInteractive && { openRetryMs: INTERACTIVE_RETRY_MS }),
  })
  try {
    await warehouse.open()
    await runJob({ warehouse, config, flags, context })
  } finally {
    await warehouse.close()
  }
}

await main({
  name: TARGET.name,
  run: async (context) => {
    const { parseArguments } = await import('./arguments.ts')
    const flags = parseArguments<Flags>(COMMAND_LINE, context.args)
    if (flags === undefined || (await printProgramInfo(TARGET, flags))) return
    await openAndRun(flags, context)
  },
})
