import { AppError } from '../../errors.ts'
import { selectStreams } from '../../runner/connection/stream-selection.ts'
import { STREAM_NAMES } from '../../streams/index.ts'
import {
  CONNECTION_OPTION,
  connectionOptions,
  JSON_OPTION,
  type Command,
  type ConnectionFlags,
} from '../command.ts'
import { openConnection } from '../open.ts'
import { VERBOSITY_OPTIONS, verbosityOf, type VerbosityFlags } from '../verbosity.ts'
import { printRun, watchRun } from '../watched-run.ts'

interface ResyncFlags extends ConnectionFlags, VerbosityFlags {
  allowDeletes?: boolean
}

export const resyncCommand: Command<ResyncFlags> = {
  line: {
    name: 'customerio-sync resync',
    usage:
      'Usage: $0 STREAM... [--allow-deletes] [--connection NAME|FILE]\n\nReads the named streams again from scratch and marks deleted rows. Ignores their bookmarks, start_date and cutoff_days. Other streams stay as they are.',
    options: {
      'allow-deletes': {
        boolean: true,
        describe: 'Mark any number of deleted rows: ignore max_deleted_percent for this run',
      },
      ...CONNECTION_OPTION,
      ...VERBOSITY_OPTIONS,
      ...JSON_OPTION,
    },
    words: [1, STREAM_NAMES.length],
    examples: [
      ['$0 campaign_actions', 'Read all actions again'],
      ['$0 campaigns --allow-deletes', 'Also accept that most campaigns were deleted'],
    ],
  },
  run: async (flags, context) => {
    const verbosity = verbosityOf(flags, context.env)
    const connection = await openConnection(flags, context)
    const streams = flags._.map(String)
    if (streams.length === 0) throw new AppError('USAGE', 'Name at least one stream to read again.')
    const resources = selectStreams(connection, { only: streams, fullRefresh: streams })
    const wanted = { resources, trigger: 'resync', allowsDeletes: flags.allowDeletes } as const
    const ended = await watchRun(connection, wanted, { ...context, verbosity })
    const isJson = flags.json === true
    const printing = { ...ended, verbosity, isJson, options: connectionOptions(flags) }
    await printRun(connection, printing, context)
  },
}
