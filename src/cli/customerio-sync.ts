import { didYouMean } from '../config/nearest-name.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { main, type ProgramContext } from './main.ts'
import { executeCommand } from './command.ts'
import { print } from './print.ts'

const NAME = 'customerio-sync'

interface CommandEntry {
  summary: string
  run: (context: ProgramContext) => Promise<void>
}

/** In the order of first use. Each command is imported only when it runs. */
const COMMANDS: Record<string, CommandEntry> = {
  init: {
    summary: 'Create a connection file',
    run: async (context) =>
      executeCommand((await import('./commands/init.ts')).initCommand, context),
  },
  check: {
    summary: 'Check that a connection works',
    run: async (context) =>
      executeCommand((await import('./commands/check.ts')).checkCommand, context),
  },
  run: {
    summary: 'Sync a connection once',
    run: async (context) => executeCommand((await import('./commands/run.ts')).runCommand, context),
  },
  start: {
    summary: 'Run connections on their schedules',
    run: async (context) =>
      executeCommand((await import('./commands/start.ts')).startCommand, context),
  },
  console: {
    summary: 'Serve a web page for the workspace, and run its schedules',
    run: async (context) =>
      executeCommand((await import('./commands/console.ts')).consoleCommand, context),
  },
  status: {
    summary: 'Show the last run, the next run and the row counts',
    run: async (context) =>
      executeCommand((await import('./commands/status.ts')).statusCommand, context),
  },
  tables: {
    summary: 'Show the tables and their rows',
    run: async (context) =>
      executeCommand((await import('./commands/tables.ts')).tablesCommand, context),
  },
  query: {
    summary: 'Query the warehouse',
    run: async (context) =>
      executeCommand((await import('./commands/query.ts')).queryCommand, context),
  },
  history: {
    summary: 'Show recent runs',
    run: async (context) =>
      executeCommand((await import('./commands/history.ts')).historyCommand, context),
  },
  resync: {
    summary: 'Read streams again from scratch',
    run: async (context) =>
      executeCommand((await import('./commands/resync.ts')).resyncCommand, context),
  },
  state: {
    summary: 'Show, set or reset sync state',
    run: async (context) =>
      executeCommand((await import('./commands/state.ts')).stateCommand, context),
  },
  notify: {
    summary: 'Send a test event to the webhook',
    run: async (context) =>
      executeCommand((await import('./commands/notify.ts')).notifyCommand, context),
  },
  demo: {
    summary: 'Sync a sandbox workspace into a DuckDB file',
    run: async (context) => (await import('./commands/demo.ts')).demo(context),
  },
  sandbox: {
    summary: "Serve a stand-in for Customer.io's API",
    run: async (context) =>
      executeCommand((await import('./commands/sandbox.ts')).sandboxCommand, context),
  },
}

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  const commands = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  )
  return [
    `Usage: ${NAME} COMMAND [OPTIONS]`,
    '',
    'Commands:',
    ...commands,
    '',
    'Options:',
    '  --version   Print the version',
    '  -h, --help  Show help. Add it after a command for help on that command',
    '',
    'Example:',
    `  ${NAME} demo`,
  ].join('\n')
}

async function dispatch(context: ProgramContext): Promise<void> {
  const [word, ...rest] = context.args
  if (word === '--help' || word === '-h') {
    await print(help())
    return
  }
  if (word === undefined) {
    await print(help())
    throw new AppError('USAGE', 'A command is missing.', { hint: `See ${NAME} --help.` })
  }
  if (word === '--version') {
    const { packageVersion } = await import('../package-version.ts')
    await print(`${NAME} ${packageVersion()}`)
    return
  }
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (!command) {
    const hint = `${didYouMean(word, Object.keys(COMMANDS))}See ${NAME} --help.`
    throw new AppError('USAGE', `Unknown command: ${word}.`, { hint })
  }
  await command.run({ ...context, args: rest })
}

/** Writes the error and its hint on separate lines, or a JSON log line with LOG_FORMAT=json. */
function reportError(error: AppError, logger: Logger): void {
  if (process.env['LOG_FORMAT'] === 'json') {
    logger.critical('failed', error.fullText, { code: error.code, ...error.facts })
    return
  }
  const text = [`Error: ${error.message}`, error.hint ?? '']
    .filter((line) => line !== '')
    .join('\n')
  const lines = text.split('\n').map((line) => logger.clean(line))
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** On a terminal the sentence replaces the `^C` that the terminal has shown. */
function reportStop(sentence: string, logger: Logger): void {
  if (process.stderr.isTTY && process.env['LOG_FORMAT'] !== 'json')
    process.stderr.write(`\r\u001b[K${sentence}\n`)
  else logger.info('stopped', sentence)
}

await main({ name: NAME, graceMs: 30_000, reportError, reportStop, run: dispatch })
