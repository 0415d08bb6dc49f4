import { AppError } from '../../errors.ts'
import { chosenResources } from '../../runner/choice.ts'
import { CONNECTION_OPTION, JSON_OPTION, type Command, type ConnectionFlags } from './command.ts'
import { openConnection } from './open.ts'
import { tellRun, watchRun } from './run.ts'

export const resync: Command<ConnectionFlags> = {
  line: {
    name: 'customerio-sync resync',
    usage:
      'Usage: $0 STREAM... [--connection FILE]\n\nReads streams in full, whatever their bookmarks and the cutoff say, and retires rows that are gone. Other streams are not touched.',
    options: { ...CONNECTION_OPTION, ...JSON_OPTION },
    words: [1, 3],
    examples: [['$0 campaign_actions', 'All actions anew; newsletters and campaigns stay']],
  },
  run: async (flags, context) => {
    const connection = await openConnection(flags, context)
    const streams = flags._.map(String)
    if (streams.length === 0) throw new AppError('USAGE', 'Name the streams to read anew.')
    const resources = chosenResources(connection, { only: streams, fullRefresh: streams })
    const ended = await watchRun(connection, { resources, trigger: 'resync' }, context)
    await tellRun(connection, { ...ended, isJson: flags.json === true }, context)
  },
}
