import { setFlagsFromString } from 'node:v8'
import tapSettings from '../../schemas/config/tap.json' with { type: 'json' }
import targetSettings from '../../schemas/config/target.json' with { type: 'json' }
import type { SettingsSchema } from '../config.ts'
import { AppError } from '../errors.ts'
import type { TapConfig } from '../schemas.generated.ts'
import type { Catalog } from '../singer/catalog.ts'
import type { StateDocument } from '../singer/state.ts'
import { LineWriter } from '../singer/writer.ts'
import type { AboutFormat } from './about.ts'
import type { CommandLine } from './arguments.ts'
import { main, type ProgramContext } from './main.ts'
import { maskPassword } from './mask-password.ts'

const NAME = 'tap-customerio'

const COMMAND_LINE: CommandLine = {
  name: NAME,
  usage: `Usage: $0 --config FILE [--catalog FILE] [--state FILE]\n\nReads newsletters, campaigns and campaign actions of a Customer.io workspace as Singer messages.`,
  options: {
    config: {
      alias: 'c',
      string: true,
      array: true,
      requiresArg: true,
      nargs: 1,
      describe:
        'JSON file with settings, may be repeated, later ones win; ENV reads TAP_CUSTOMERIO_*',
    },
    catalog: {
      string: true,
      requiresArg: true,
      describe: 'JSON file with the catalog: which streams and properties, and how',
    },
    properties: {
      alias: 'p',
      string: true,
      requiresArg: true,
      describe: 'Old name of --catalog',
      conflicts: 'catalog',
    },
    state: {
      alias: 's',
      string: true,
      requiresArg: true,
      describe: 'JSON file with the last STATE, or with one a line: continue from the last',
    },
    discover: {
      alias: 'd',
      boolean: true,
      describe: 'Print the catalog and end; needs no key and no network',
    },
    test: {
      string: true,
      describe: 'Prove key and scopes with one record a stream (--test=schema: SCHEMA only)',
    },
    about: { boolean: true, describe: 'Describe the tap and its settings' },
    format: {
      choices: ['text', 'json', 'markdown'],
      default: 'text',
      describe: 'Format of --about',
    },
    version: { boolean: true, describe: 'Print the version' },
  },
  examples: [
    ['$0 --discover > catalog.json', 'Write the catalog'],
    ['$0 --config config.json --test', 'Prove the key'],
    ['$0 --config config.json --state state.json | target-warehouse', 'Sync what changed'],
  ],
}

/** Flags that mean something by themselves. Without the parser, which takes longer to load than all else, they answer at once. */
const ALONE = new Map<string, Omit<Flags, 'format'>>([
  ['--discover', { discover: true }],
  ['-d', { discover: true }],
  ['--version', { version: true }],
])

interface Flags {
  config?: string[]
  catalog?: string
  properties?: string
  state?: string
  discover?: boolean
  test?: string
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
  if (flags.about) {
    const { printAbout } = await import('./about.ts')
    const about = {
      name: NAME,
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
      settings: tapSettings as SettingsSchema,
    }
    await print(printAbout(about, flags.format))
    return true
  }
  if (!flags.discover) return false
  const { discover } = await import('../tap/discover.ts')
  await print(JSON.stringify(discover(), undefined, 2))
  return true
}

async function readDocuments(flags: Flags): Promise<{ catalog: Catalog; state: StateDocument }> {
  const { readJsonFile, readStateFile } = await import('../json-file.ts')
  const { parseCatalog } = await import('../singer/catalog.ts')
  const { parseState } = await import('../singer/state.ts')
  const { discover } = await import('../tap/discover.ts')
  const path = flags.catalog ?? flags.properties
  const catalog =
    path === undefined ? discover() : parseCatalog(await readJsonFile(path, 'catalog'))
  const state = flags.state === undefined ? {} : parseState(await readStateFile(flags.state))
  return { catalog, state }
}

function testMode(test: string | undefined): 'all' | 'schema' | undefined {
  if (test === undefined) return undefined
  if (test === '' || test === 'all' || test === 'true') return 'all'
  if (test === 'schema') return 'schema'
  throw new AppError('USAGE', `--test takes all or schema, not ${JSON.stringify(test)}.`)
}

/** The tap waits for the API nearly all the time: a heap that is kept small costs nothing, one that grows lazily nearly doubles it. */
function preferSmallHeap(): void {
  setFlagsFromString('--optimize-for-size')
}

async function readStreams(flags: Flags, context: ProgramContext): Promise<void> {
  preferSmallHeap()
  const { loadConfig } = await import('../config.ts')
  const config = await loadConfig<TapConfig>(tapSettings, {
    paths: flags.config ?? [],
    envPrefix: 'TAP_CUSTOMERIO',
    env: context.env,
    shared: Object.keys(targetSettings.properties),
    warn: (sentence) => context.logger.warn('settings_unknown', sentence),
  })
  context.logger.mask(config.app_api_key)
  maskPassword(config.api_url ?? '', context.logger)
  const test = testMode(flags.test)
  const { catalog, state } = test
    ? await readDocuments({ format: 'text' })
    : await readDocuments(flags)
  const { planStreams, unknownStreams } = await import('../tap/plan.ts')
  const { ApiClient } = await import('../tap/api/client.ts')
  const { logger, signal, env } = context
  for (const id of unknownStreams(catalog))
    logger.warn('stream_unknown', 'The catalog names a stream that this tap does not have.', {
      stream: id,
    })
  const { isForeign } = await import('../singer/state.ts')
  if (isForeign(state))
    logger.warn(
      'state_unrecognized',
      'The state holds no bookmarks of this tap: everything is read from the start.',
    )
  const plans = planStreams(catalog, state)
  const clientOptions = { config, logger, signal, env }
  const client = new ApiClient(clientOptions)
  const writer = new LineWriter(process.stdout)
  const { TapMetrics } = await import('../tap/metrics.ts')
  const metrics = new TapMetrics({ logger, writer, client, env })
  const options = { client, config, state, writer, logger, signal }
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

async function flagsOf(args: readonly string[]): Promise<Flags | undefined> {
  const alone = ALONE.get(args.join(' '))
  if (alone) return { ...alone, format: 'text' }
  const { parseArguments } = await import('./arguments.ts')
  return parseArguments<Flags>(COMMAND_LINE, args)
}

await main({
  name: NAME,
  run: async (context) => {
    const flags = await flagsOf(context.args)
    if (flags === undefined || (await answer(flags))) return
    await readStreams(flags, context)
  },
})
