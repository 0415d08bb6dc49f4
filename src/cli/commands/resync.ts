import { AppError } from '../../errors.ts'
import { selectStreams } from '../../runner/connection/stream-selection.ts'
import { CONNECTION_OPTION, JSON_OPTION, type Command, type ConnectionFlags } from './command.ts'
import { openConnection } from './open.ts'
import { printRun, watchRun } from './run.ts'

interface ResyncFlags extends ConnectionFlags {
  allowDeletes?: boolean
}

export const resyncCommand: Command<ResyncFlags> = {
  line: {
    name: 'customerio-sync resync',
    usage:
      'Usage: $0 STREAM... [--allow-deletes] [--connection FILE]\n\nReads streams in full, whatever their bookmarks and the cutoff say, and retires rows that are gone. Other streams are not touched.',
    options: {
      'allow-deletes': {
        boolean: true,
        describe:
          'Retire however many rows are gone: `max_deleted_percent` does not count for this run',
      },
      ...CONNECTION_OPTION,
      ...JSON_OPTION,
    },
    words: [1, 3],
    examples: [
      ['$0 campaign_actions', 'All actions anew; newsletters and campaigns stay'],
      ['$0 campaigns --allow-deletes', 'The same where most campaigns were deleted on purpose'],
    ],
  },
  run: async (flags, context) => {
    const connection = await openConnection(flags, context)
    const streams = flags._.map(String)
    if (streams.length === 0) throw new AppError('USAGE', 'Name the streams to read anew.')
    const resources = selectStreams(connection, { only: streams, fullRefresh: streams })
    const wanted = { resources, trigger: 'resync', allowsDeletes: flags.allowDeletes } as const
    const ended = await watchRun(connection, wanted, context)
    await printRun(connection, { ...ended, isJson: flags.json === true }, context)
  },
}
