/** `customerio-sync sandbox`: serves the stand-in for Customer.io's API until it is stopped. */

import { randomBytes } from 'node:crypto'
import { AppError } from '../../errors.ts'
import { startSandbox, type Sandbox } from '../../sandbox/api/server.ts'
import { CONTROL_PATH } from '../../sandbox/control/listener.ts'
import { JSON_OPTION, warn, type Command } from '../command.ts'
import { print } from '../print.ts'

interface SandboxFlags {
  port: number
  host: string
  seed: number
  newsletters: number
  campaigns: number
  rate: number
  key?: string
  json?: boolean
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/
const MAX_OBJECTS = 1_000_000

/** Throws USAGE unless the value is a whole number within the bounds. */
function assertWhole(
  flags: SandboxFlags,
  name: 'port' | 'seed' | 'newsletters' | 'campaigns' | 'rate',
  [least, most]: readonly [number, number],
): void {
  const value = flags[name]
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new AppError(
    'USAGE',
    `--${name} must be a whole number from ${least} to ${most}, not ${value}.`,
  )
}

function assertFlags(flags: SandboxFlags): void {
  assertWhole(flags, 'port', [0, 65_535])
  assertWhole(flags, 'seed', [0, 2 ** 32 - 1])
  assertWhole(flags, 'newsletters', [0, MAX_OBJECTS])
  assertWhole(flags, 'campaigns', [0, MAX_OBJECTS])
  assertWhole(flags, 'rate', [1, 10_000])
  if (flags.host === '') throw new AppError('USAGE', '--host must be an address or a name.')
  if (flags.key !== undefined && !/^[\w-]{8,}$/.test(flags.key)) {
    throw new AppError(
      'USAGE',
      '--key must be at least 8 letters, digits, underscores and hyphens.',
    )
  }
}

/** Throws CONFIG_INVALID when it cannot listen there. */
async function open({ port, host, key, ...flags }: SandboxFlags): Promise<Sandbox> {
  const { seed, newsletters, campaigns, rate } = flags
  try {
    return await startSandbox({
      port,
      host,
      world: { seed, newsletters, campaigns },
      rate: { perSecond: rate },
      apiKey: key ?? `sandbox-${randomBytes(8).toString('hex')}`,
      isControlled: true,
    })
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    const code = 'code' in cause ? String(cause.code) : cause.message
    throw new AppError(
      'CONFIG_INVALID',
      `The sandbox cannot listen on ${host}, port ${port} (${code}).`,
      { hint: 'Choose another one with --port or --host.', cause },
    )
  }
}

function addressesOf({ url, apiKey }: Sandbox) {
  return {
    api_url: url,
    app_api_key: apiKey,
    control_url: new URL(CONTROL_PATH, url).href,
  }
}

function startedText(sandbox: Sandbox): string {
  const { newsletters, campaigns, actions } = sandbox.world
  const counted = [...actions.values()].reduce((count, list) => count + list.length, 0)
  const addresses = Object.entries(addressesOf(sandbox))
  return [
    `A sandbox with ${newsletters.length} newsletters, ${campaigns.length} campaigns and ${counted} actions is running.`,
    '',
    ...addresses.map(([name, value]) => `  ${name.padEnd('app_api_key'.length)}  ${value}`),
    '',
    'Put api_url and app_api_key into `source` of a connection file.',
    'Stop the sandbox with Ctrl-C.',
  ].join('\n')
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

export const sandboxCommand: Command<SandboxFlags> = {
  line: {
    name: 'customerio-sync sandbox',
    usage:
      "Usage: $0 [--port PORT]\n\nServes a stand-in for Customer.io's App API with made-up objects until it is stopped, for tests. Its control API edits objects and orders faults.",
    options: {
      port: {
        number: true,
        requiresArg: true,
        default: 0,
        defaultDescription: 'a free port',
        describe: 'Port to listen on',
      },
      host: {
        string: true,
        requiresArg: true,
        default: '127.0.0.1',
        describe: 'Address to listen on',
      },
      key: {
        string: true,
        requiresArg: true,
        defaultDescription: 'a random one',
        describe: 'Key that requests need: 8 or more letters, digits, underscores and hyphens',
      },
      seed: {
        number: true,
        requiresArg: true,
        default: 1,
        describe: 'The same seed and sizes make the same objects',
      },
      newsletters: {
        number: true,
        requiresArg: true,
        default: 100,
        describe: 'Newsletters to make, besides some examples',
      },
      campaigns: {
        number: true,
        requiresArg: true,
        default: 20,
        describe: 'Campaigns to make, besides some examples',
      },
      rate: {
        number: true,
        requiresArg: true,
        default: 10,
        describe: 'Requests accepted in any second',
      },
      json: { ...JSON_OPTION['json'], describe: 'Print the addresses as one line of JSON' },
    },
    examples: [
      ['$0', 'Serve on a free port of this machine'],
      ['$0 --port 8025 --key test-key-1 --newsletters 5000', 'Serve more, at a known address'],
    ],
  },
  run: async (flags, { signal, logger }) => {
    assertFlags(flags)
    const sandbox = await open(flags)
    try {
      if (!LOOPBACK.test(flags.host)) {
        warn(`Other machines can reach the sandbox at ${flags.host}.`, logger)
      }
      await print(flags.json ? JSON.stringify(addressesOf(sandbox)) : startedText(sandbox))
      await untilAborted(signal)
    } finally {
      await sandbox.close()
    }
    signal.throwIfAborted()
  },
}
