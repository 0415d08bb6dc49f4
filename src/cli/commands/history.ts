import { AppError } from '../../errors.ts'
import { damagedText, History } from '../../runner/history/history.ts'
import { historyText } from '../../runner/text/history-text.ts'
import {
  CONNECTION_OPTION,
  JSON_OPTION,
  print,
  warn,
  type Command,
  type ConnectionFlags,
} from './command.ts'
import { openConnection } from './open.ts'

interface HistoryFlags extends ConnectionFlags {
  last: number
}

export const historyCommand: Command<HistoryFlags> = {
  line: {
    name: 'customerio-sync history',
    usage: 'Usage: $0 [--last N] [--connection FILE]\n\nShows the newest runs, newest first.',
    options: {
      ...CONNECTION_OPTION,
      last: { number: true, default: 20, requiresArg: true, describe: 'How many runs' },
      ...JSON_OPTION,
    },
    examples: [
      ['$0', 'The last 20 runs'],
      ['$0 --last 1 --json', 'All that is known of the last one'],
    ],
  },
  run: async (flags, context) => {
    if (!Number.isInteger(flags.last) || flags.last < 1)
      throw new AppError('USAGE', `--last takes an integer of at least 1, not ${flags.last}.`)
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
