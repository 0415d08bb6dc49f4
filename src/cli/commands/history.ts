import { AppError } from '../../errors.ts'
import { damagedText, History } from '../../runner/history/history.ts'
import { historyText } from '../../runner/text/history-text.ts'
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
}

export const historyCommand: Command<HistoryFlags> = {
  line: {
    name: 'customerio-sync history',
    usage: 'Usage: $0 [--last N] [--connection NAME|FILE]\n\nShows recent runs, newest first.',
    options: {
      ...CONNECTION_OPTION,
      last: { number: true, default: 20, requiresArg: true, describe: 'Number of runs to show' },
      ...JSON_OPTION,
    },
    examples: [
      ['$0', 'Show the last 20 runs'],
      ['$0 --last 1 --json', 'Print the last run with all its details'],
    ],
  },
  run: async (flags, context) => {
    if (!Number.isInteger(flags.last) || flags.last < 1)
      throw new AppError('USAGE', `--last must be an integer of at least 1, not ${flags.last}.`)
    const connection = await openConnection(flags, context)
    const found = new History(connection.dataFolder)
    const entries = await found.newest(flags.last)
    const damaged = damagedText(found)
    if (damaged !== undefined) warn(damaged, context.logger)
    if (flags.json) {
      const runs = entries.map(({ run, isRunning }) => ({ ...run, is_under_way: isRunning }))
      await print(JSON.stringify(runs, undefined, 2))
      return
    }
    const lines = historyText(entries).split('\n')
    await print(lines.map((line) => context.logger.clean(line)).join('\n'))
  },
}
