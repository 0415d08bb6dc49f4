import { AppError } from '../../errors.ts'
import { damagedText, History } from '../../runner/history/history.ts'
import { entryText } from '../../runner/run-log/entry.ts'
import { findRun, readRunLog } from '../../runner/run-log/reader.ts'
import { historyText } from '../../runner/text/history-text.ts'
import { widthOf } from '../../terminal/width.ts'
import type { ProgramContext } from '../main.ts'
import { print } from '../print.ts'
import {
  CONNECTION_OPTION,
  JSON_OPTION,
  warn,
  type Command,
  type ConnectionFlags,
} from '../command.ts'
import { openConnection } from '../open.ts'

interface HistoryFlags extends ConnectionFlags {
  last: number
  log?: string
}

interface ReadHistory {
  found: History
  dataFolder: string
}

async function printLines(text: string, { logger }: ProgramContext): Promise<void> {
  const lines = text.split('\n').map((line) => logger.clean(line))
  await print(lines.join('\n'))
}

/** Throws USAGE for an unknown run, and for a run without a log. */
async function printLog(
  { found, dataFolder }: ReadHistory,
  flags: HistoryFlags,
  context: ProgramContext,
): Promise<void> {
  const run = await findRun(found, flags.log ?? '')
  const entries = await readRunLog(dataFolder, run)
  if (!entries) {
    throw new AppError('USAGE', `The run ${run.run_id} has no log.`, {
      hint: 'A run that could not start has none, nor has a run of an older version.',
    })
  }
  if (flags.json) await print(JSON.stringify(entries, undefined, 2))
  else await printLines(entries.map(entryText).join('\n'), context)
}

async function printRuns(
  { found }: ReadHistory,
  flags: HistoryFlags,
  context: ProgramContext,
): Promise<void> {
  const entries = await found.newest(flags.last)
  const damaged = damagedText(found)
  if (damaged !== undefined) warn(damaged, context.logger)
  if (flags.json) {
    const runs = entries.map(({ run, isRunning }) => ({ ...run, is_running: isRunning }))
    await print(JSON.stringify(runs, undefined, 2))
    return
  }
  await printLines(historyText(entries, widthOf(process.stdout)), context)
}

export const historyCommand: Command<HistoryFlags> = {
  line: {
    name: 'customerio-sync history',
    usage:
      'Usage: $0 [--last N | --log RUN] [--connection NAME|FILE]\n\nShows recent runs, newest first, or the log of one run.',
    options: {
      ...CONNECTION_OPTION,
      last: { number: true, default: 20, requiresArg: true, describe: 'Number of runs to show' },
      log: {
        string: true,
        requiresArg: true,
        describe: 'Show the log of this run: its id, the beginning of its id, or last',
      },
      ...JSON_OPTION,
    },
    examples: [
      ['$0', 'Show the last 20 runs'],
      ['$0 --last 1 --json', 'Print the last run with all its details'],
      ['$0 --log last', 'Show what the last run logged'],
    ],
  },
  run: async (flags, context) => {
    if (!Number.isInteger(flags.last) || flags.last < 1)
      throw new AppError('USAGE', `--last must be an integer of at least 1, not ${flags.last}.`)
    const connection = await openConnection(flags, context)
    const { dataFolder } = connection
    const history = { found: new History(dataFolder), dataFolder }
    if (flags.log === undefined) await printRuns(history, flags, context)
    else await printLog(history, flags, context)
  },
}
