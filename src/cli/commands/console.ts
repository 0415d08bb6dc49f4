import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { AppError } from '../../errors.ts'
import { workspaceFolder } from '../../runner/workspace/find-connection.ts'
import type { MetricsAddress } from '../../runner/scheduler/metrics-server.ts'
import type { ProgramContext } from '../main.ts'
import { print } from '../print.ts'
import { warn, WORKSPACE_OPTION, type Command } from '../command.ts'
import { ask, canAsk } from '../prompt.ts'
import { metricsAddress, METRICS_OPTIONS, type MetricsFlags } from './metrics-address.ts'
import { webhookDispatcher } from '../webhook.ts'

interface ConsoleFlags extends MetricsFlags {
  workspace?: string
  host: string
  port: number
  publicUrl?: string
  open?: boolean
  schedules?: boolean
  setPassword?: boolean
  removePassword?: boolean
}

const MAX_PORT = 65_535

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return
  throw new AppError('USAGE', `--port must be an integer from 0 to ${MAX_PORT}, not ${port}.`)
}

/** From the terminal, hidden, or the first line of stdin. */
async function readPassword({ signal }: ProgramContext): Promise<string> {
  if (canAsk()) {
    const { checkPassword } = await import('../../console/security/password.ts')
    const text = 'Password for the console (12 characters or more; input is hidden)'
    return ask({ text, isHidden: true, check: checkPassword }, signal)
  }
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity })
  for await (const line of lines) return line
  throw new AppError('USAGE', 'The input ended before the password was read.')
}

/** Metrics are those of the schedules. Throws USAGE when they would have none. */
function metricsOf(flags: ConsoleFlags, env: NodeJS.ProcessEnv): MetricsAddress | undefined {
  if (flags.schedules !== false) return metricsAddress(flags, env)
  if (flags.metricsPort === undefined && flags.metricsHost === undefined) return undefined
  throw new AppError('USAGE', 'Metrics are those of the schedules, which --no-schedules turns off.')
}

async function changePassword(
  workspace: string,
  { removePassword }: ConsoleFlags,
  context: ProgramContext,
): Promise<void> {
  const { changePassword: change, clearPassword } = await import('../../console/console.ts')
  if (removePassword) {
    await clearPassword(workspace)
    await print('The password is removed. Every session is ended.')
    return
  }
  await change(workspace, await readPassword(context))
  await print('The password is set. Every session is ended.')
}

export const consoleCommand: Command<ConsoleFlags> = {
  line: {
    name: 'customerio-sync console',
    usage:
      'Usage: $0 [--workspace DIR]\n\nServes a web page for the connections of the workspace until it is stopped, and runs their schedules. Prints a link that logs in once.',
    options: {
      ...WORKSPACE_OPTION,
      host: {
        string: true,
        requiresArg: true,
        default: '127.0.0.1',
        describe: 'Address to listen on. Any other than loopback needs a password',
      },
      port: {
        number: true,
        requiresArg: true,
        default: 0,
        defaultDescription: 'a free port',
        describe: 'Port to listen on',
      },
      'public-url': {
        string: true,
        requiresArg: true,
        describe:
          'Address that browsers use behind a proxy with TLS. Any other than loopback needs a password',
      },
      open: { boolean: true, describe: 'Open the page in the browser' },
      schedules: {
        boolean: true,
        default: true,
        describe: 'Run the schedules. --no-schedules only serves',
      },
      ...METRICS_OPTIONS,
      'set-password': { boolean: true, describe: 'Set the password for logging in, and exit' },
      'remove-password': { boolean: true, describe: 'Remove the password, and exit' },
    },
    examples: [
      ['$0 --open', 'Open the console of the current folder'],
      ['$0 --port 8080 --no-schedules', 'Serve at a fixed port, without schedules'],
    ],
  },
  run: async (flags, context) => {
    const { env, logger, signal } = context
    checkPort(flags.port)
    const workspace = resolve(await workspaceFolder({ workspace: flags.workspace }))
    if (flags.setPassword || flags.removePassword) {
      await changePassword(workspace, flags, context)
      return
    }
    const { runConsole } = await import('../../console/console.ts')
    process.stdout.on('error', () => undefined) // the console serves when nobody reads stdout
    await runConsole({
      workspace,
      env,
      logger,
      signal,
      openDispatcher: webhookDispatcher(context),
      hasSchedules: flags.schedules !== false,
      opensBrowser: flags.open === true,
      host: flags.host,
      port: flags.port,
      publicUrl: flags.publicUrl,
      metrics: metricsOf(flags, env),
      print: (line) => process.stdout.write(`${line}\n`),
      warn: (sentence) => warn(sentence, logger),
    })
    signal.throwIfAborted()
  },
}
