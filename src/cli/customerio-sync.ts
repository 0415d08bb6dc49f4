import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { main, type ProgramContext } from './main.ts'
import { print, executeCommand } from './commands/command.ts'

const NAME = 'customerio-sync'

interface CommandEntry {
  summary: string
  run: (context: ProgramContext) => Promise<void>
}

/** In the order of a first use. Each command is loaded only when it is called. */
const COMMANDS: Record<string, CommandEntry> = {
  init: {
    summary: 'Write a connection file',
    run: async (context) =>
      executeCommand((await import('./commands/init.ts')).initCommand, context),
  },
  check: {
    summary: 'Try everything that a run needs',
    run: async (context) =>
      executeCommand((await import('./commands/check.ts')).checkCommand, context),
  },
  run: {
    summary: 'Sync a connection once',
    run: async (context) => executeCommand((await import('./commands/run.ts')).runCommand, context),
  },
  start: {
    summary: 'Follow the schedules of connections until stopped',
    run: async (context) =>
      executeCommand((await import('./commands/start.ts')).startCommand, context),
  },
  status: {
    summary: 'Show the last and the next run, and how many rows there are',
    run: async (context) =>
      executeCommand((await import('./commands/status.ts')).statusCommand, context),
  },
  history: {
    summary: 'Show the newest runs',
    run: async (context) =>
      executeCommand((await import('./commands/history.ts')).historyCommand, context),
  },
  resync: {
    summary: 'Read streams in full again, and leave the others alone',
    run: async (context) =>
      executeCommand((await import('./commands/resync.ts')).resyncCommand, context),
  },
  state: {
    summary: 'Show, set or reset how far the warehouse is',
    run: async (context) =>
      executeCommand((await import('./commands/state.ts')).stateCommand, context),
  },
  demo: {
    summary: 'Sync a sandbox workspace into customerio-demo/warehouse.duckdb',
    run: async (context) => (await import('./commands/demo.ts')).demo(context),
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
    '  -h, --help  Show this help, or that of a command',
    '',
    'Example:',
    `  ${NAME} demo`,
  ].join('\n')
}

function unknown(what: string): AppError {
  return new AppError('USAGE', `Unknown ${what}.`, { hint: `See ${NAME} --help.` })
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
  if (!command) throw unknown(`command: ${word}`)
  await command.run({ ...context, args: rest })
}

/** Sentence and hint on lines of their own. */
function tellError(error: AppError, logger: Logger): void {
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

await main({ name: NAME, graceMs: 30_000, tellError, run: dispatch })
