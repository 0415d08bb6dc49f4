import { AppError } from '../../errors.ts'
import { printQuery } from '../../runner/warehouse/target-client.ts'
import {
  CONNECTION_OPTION,
  JSON_OPTION,
  warn,
  type Command,
  type ConnectionFlags,
} from '../command.ts'
import { openConnection } from '../open.ts'
import { DEFAULT_ROWS } from '../target-query.ts'

interface QueryFlags extends ConnectionFlags {
  csv?: boolean
  rows?: string
}

export const queryCommand: Command<QueryFlags> = {
  line: {
    name: 'customerio-sync query',
    usage:
      'Usage: $0 SQL [--connection NAME|FILE]\n\nPrints the rows of one SQL statement, which may only read. Tables need no schema.',
    options: {
      ...CONNECTION_OPTION,
      rows: {
        string: true,
        requiresArg: true,
        describe: `Rows to print at most [default: ${DEFAULT_ROWS}]`,
      },
      csv: { boolean: true, describe: 'Print CSV instead of text' },
      ...JSON_OPTION,
    },
    words: [1, 1],
    examples: [
      ['$0 "select name, updated from cio_newsletters order by updated desc"', 'Show a table'],
      ['$0 "select * from cio_campaigns" --csv > campaigns.csv', 'Export a table'],
    ],
  },
  run: async (flags, context) => {
    const { env, signal, logger } = context
    if (flags.csv && flags.json) throw new AppError('USAGE', 'Give --csv or --json, not both.')
    const connection = await openConnection(flags, context)
    const format = flags.csv ? 'csv' : flags.json ? 'json' : 'text'
    const query = { text: flags._.join(' '), format, rows: flags.rows } as const
    await printQuery(connection, query, {
      env,
      signal,
      output: process.stdout,
      onLogEvent: (_program, { message }) => warn(message, logger),
    })
  },
}
