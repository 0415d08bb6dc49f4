import { selectStreams } from '../../runner/connection/stream-selection.ts'
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

interface RunFlags extends ConnectionFlags, VerbosityFlags {
  only?: string[]
  fullRefresh?: string[]
  dryRun?: boolean
  takeOver?: boolean
}

export const runCommand: Command<RunFlags> = {
  line: {
    name: 'customerio-sync run',
    usage:
      'Usage: $0 [--connection NAME|FILE]\n\nSyncs a connection once. Reads what changed, or everything for streams set to full_refresh.',
    options: {
      ...CONNECTION_OPTION,
      only: { array: true, string: true, requiresArg: true, describe: 'Sync only these streams' },
      'full-refresh': {
        array: true,
        string: true,
        requiresArg: true,
        describe: 'Read these streams completely and mark deleted rows',
      },
      'dry-run': {
        boolean: true,
        describe: 'Show what a run would read and which tables and columns it would create',
      },
      'take-over': {
        boolean: true,
        describe: 'Take over tables that another connection owns',
      },
      ...VERBOSITY_OPTIONS,
      ...JSON_OPTION,
    },
    examples: [
      ['$0', 'Sync what changed'],
      ['$0 --only newsletters campaigns', 'Sync two streams'],
      ['$0 --full-refresh campaigns', 'Sync all streams, campaigns completely'],
    ],
  },
  run: async (flags, context) => {
    const verbosity = verbosityOf(flags, context.env)
    const connection = await openConnection(flags, context)
    const resources = selectStreams(connection, {
      only: flags.only,
      fullRefresh: flags.fullRefresh,
    })
    if (flags.dryRun) {
      const { dryRun } = await import('./dry-run.ts')
      await dryRun(connection, resources, { isJson: flags.json === true, context })
      return
    }
    const wanted = { resources, trigger: 'manual', takesOver: flags.takeOver } as const
    const ended = await watchRun(connection, wanted, { ...context, verbosity })
    const isJson = flags.json === true
    const printing = { ...ended, verbosity, isJson, options: connectionOptions(flags) }
    await printRun(connection, printing, context)
  },
}
