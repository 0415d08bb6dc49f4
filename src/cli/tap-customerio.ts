import { setFlagsFromString } from 'node:v8'
import tapSettings from '../../schemas/config/tap.json' with { type: 'json' }
import targetSettings from '../../schemas/config/target.json' with { type: 'json' }
import { AppError } from '../errors.ts'
import type { TapConfig } from '../schemas.generated.ts'
import type { Catalog } from '../singer/catalog.ts'
import type { StateDocument } from '../singer/state.ts'
import type { StreamChoice } from '../streams/choice.ts'
import { LineWriter } from '../singer/writer.ts'
import type { CommandLine } from './arguments.ts'
import { main, type ProgramContext } from './main.ts'
import { print } from './print.ts'
import {
  aboutOptions,
  configOption,
  loadSettings,
  maskUrl,
  printProgramInfo,
  type SingerFlags,
  type SingerProgram,
} from './singer-program.ts'

const TAP: SingerProgram = {
  name: 'tap-customerio',
  description: 'Singer tap for Customer.io: newsletters, campaigns and campaign actions.',
  capabilities: [
    'catalog',
    'discover',
    'state',
    'about',
    'test',
    'activate-version',
    'structured-logging',
  ],
  settings: tapSettings,
  envPrefix: 'TAP_CUSTOMERIO',
}

const COMMAND_LINE: CommandLine = {
  name: TAP.name,
  usage:
    'Usage: $0 --config FILE [--catalog FILE] [--state FILE]\n\nExtracts newsletters, campaigns and campaign actions from a Customer.io workspace and writes them as Singer messages.',
  options: {
    config: configOption(TAP.envPrefix),
    catalog: {
      string: true,
      requiresArg: true,
      describe: 'Catalog file: which streams and properties to read, and how',
    },
    properties: {
      alias: 'p',
      string: true,
      requiresArg: true,
      describe: 'Older name of --catalog',
      conflicts: 'catalog',
    },
    state: {
      alias: 's',
      string: true,
      requiresArg: true,
      describe: 'State file to resume from. When it holds several lines, the last one counts',
    },
    discover: {
      alias: 'd',
      boolean: true,
      describe: 'Print the catalog. Needs no key and no network',
    },
    'list-streams': {
      boolean: true,
      describe: 'List every stream with its key, its methods and its cost in requests',
    },
    test: {
      string: true,
      describe:
        'Check the key and its permissions by reading one record per stream. --test=schema writes only SCHEMA messages',
    },
    ...aboutOptions('tap'),
  },
  examples: [
    ['$0 --discover > catalog.json', 'Write the catalog'],
    ['$0 --list-streams', 'Show what else can be read'],
    ['$0 --config config.json --test', 'Check that the key works'],
    ['$0 --config config.json --state state.json | target-warehouse', 'Sync what changed'],
  ],
}

/** Flags that work on their own. They skip the argument parser, which is slow to load. */
const STANDALONE_FLAGS = new Map<string, Omit<Flags, 'format'>>([
  ['--discover', { discover: true }],
  ['-d', { discover: true }],
  ['--list-streams', { listStreams: true }],
  ['--version', { version: true }],
])

interface Flags extends SingerFlags {
  catalog?: string
  properties?: string
  state?: string
  discover?: boolean
  listStreams?: boolean
  test?: string
}

/** The setting `streams`. No other setting is checked, so no key is needed. */
async function streamChoice(flags: Flags, { env, logger }: ProgramContext): Promise<StreamChoice> {
  if (flags.config === undefined) return 'core'
  const { streams, ...others } = tapSettings.properties
  const settings = { type: 'object', properties: { streams } }
  const shared = { type: 'object', properties: { ...others, ...targetSettings.properties } }
  const work = { flags, env, logger }
  const config = await loadSettings<Pick<TapConfig, 'streams'>>({ ...TAP, settings }, shared, work)
  return config.streams
}

async function printCatalog(flags: Flags, context: ProgramContext): Promise<void> {
  const choice = await streamChoice(flags, context)
  const { discover } = await import('../tap/discover.ts')
  await print(JSON.stringify(discover(choice), undefined, 2))
}

async function printStreamList({ format }: Flags): Promise<void> {
  const { printStreams } = await import('./list-streams.ts')
  await print(printStreams(format === 'json' || format === 'markdown' ? format : 'text'))
}

interface Documents {
  catalog: Catalog
  state: StateDocument
}

/** The catalog and the state of the flags; without them, the chosen streams and no state. */
async function readDocuments(flags: Flags, { streams }: TapConfig): Promise<Documents> {
  const { readJsonFile, readStateFile } = await import('../json-file.ts')
  const { parseCatalog } = await import('../singer/catalog.ts')
  const { parseState } = await import('../singer/state.ts')
  const { discover } = await import('../tap/discover.ts')
  const path = flags.catalog ?? flags.properties
  const catalog =
    path === undefined ? discover(streams) : parseCatalog(await readJsonFile(path, 'catalog'))
  const state = flags.state === undefined ? {} : parseState(await readStateFile(flags.state))
  return { catalog, state }
}

function testMode(test: string | undefined): 'all' | 'schema' | undefined {
  if (test === undefined) return undefined
  if (test === '' || test === 'all' || test === 'true') return 'all'
  if (test === 'schema') return 'schema'
  throw new AppError('USAGE', `--test must be all or schema, not ${JSON.stringify(test)}.`)
}

/** The tap mostly waits for the API. A small heap costs no speed and halves the memory. */
function preferSmallHeap(): void {
  setFlagsFromString('--optimize-for-size')
}

/** Logs what the catalog or the state holds that this tap does not know. */
async function warnOfUnknown({ catalog, state }: Documents, { logger }: ProgramContext) {
  const { unknownStreams } = await import('../tap/plan.ts')
  for (const id of unknownStreams(catalog))
    logger.warn('stream_unknown', 'The catalog names a stream that this tap does not have.', {
      stream: id,
    })
  const { isForeign } = await import('../singer/state.ts')
  if (isForeign(state))
    logger.warn(
      'state_unrecognized',
      'The state has no bookmarks of this tap. Everything is read from the start.',
    )
}

async function readStreams(flags: Flags, context: ProgramContext): Promise<void> {
  preferSmallHeap()
  const { logger, signal, env } = context
  const config = await loadSettings<TapConfig>(TAP, targetSettings, { flags, env, logger })
  logger.mask(config.app_api_key)
  maskUrl(config.api_url ?? '', logger)
  const test = testMode(flags.test)
  const documents = await readDocuments(test ? { format: 'text' } : flags, config)
  await warnOfUnknown(documents, context)
  const { planStreams } = await import('../tap/plan.ts')
  const { ApiClient } = await import('../tap/api/client.ts')
  const plans = planStreams(documents.catalog, documents.state)
  const clientOptions = { config, logger, signal, env }
  const client = new ApiClient(clientOptions)
  const writer = new LineWriter(process.stdout)
  const { TapMetrics } = await import('../tap/metrics.ts')
  const metrics = new TapMetrics({ logger, writer, client, env })
  const options = { client, config, state: documents.state, writer, logger, signal }
  try {
    if (test === undefined) {
      const { sync } = await import('../tap/sync.ts')
      const { showProgress } = await import('./tap-progress.ts')
      await showProgress({ client, logger, writer }, async () => sync(plans, options))
      return
    }
    const { checkSource, withRegionHint } = await import('../tap/check.ts')
    await checkSource(plans, options, { records: test === 'all' }).catch(async (error: unknown) => {
      throw await withRegionHint(error, clientOptions)
    })
  } finally {
    await client.close()
    metrics.close()
    const { requests, retries, rateLimited } = client.totals
    logger.info('requests_made', 'Requests were made.', {
      requests,
      retries,
      rate_limited: rateLimited,
    })
  }
}

async function parseFlags(args: readonly string[]): Promise<Flags | undefined> {
  const standalone = STANDALONE_FLAGS.get(args.join(' '))
  if (standalone) return { ...standalone, format: 'text' }
  const { parseArguments } = await import('./arguments.ts')
  return parseArguments<Flags>(COMMAND_LINE, args)
}

await main({
  name: TAP.name,
  run: async (context) => {
    const flags = await parseFlags(context.args)
    if (flags === undefined || (await printProgramInfo(TAP, flags))) return
    if (flags.listStreams) await printStreamList(flags)
    else if (flags.discover) await printCatalog(flags, context)
    else await readStreams(flags, context)
  },
})
