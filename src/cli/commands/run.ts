import type { Connection, Mode } from '../../runner/connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import { selectStreams } from '../../runner/connection/stream-selection.ts'
import { recordFailure } from '../../runner/run/failed-run.ts'
import type { RunStats } from '../../runner/programs/run-stats.ts'
import { ProgressLine } from '../../terminal/progress.ts'
import type { RunRecord, Trigger } from '../../runner/history/record.ts'
import { runOnce } from '../../runner/run/run.ts'
import { Pace, runProgressText, summaryText } from '../../runner/text/summary.ts'
import { ProgramExit, type ProgramContext } from '../main.ts'
import { print } from '../print.ts'
import { CONNECTION_OPTION, JSON_OPTION, type Command, type ConnectionFlags } from '../command.ts'
import { openConnection, loggedText } from '../open.ts'
import { notifyWebhook } from '../webhook.ts'

export interface RunFlags extends ConnectionFlags {
  only?: string[]
  fullRefresh?: string[]
  dryRun?: boolean
  takeOver?: boolean
}

export interface WatchedRun {
  resources: ReadonlyMap<StreamName, Mode>
  trigger: Trigger
  takesOver?: boolean | undefined
  allowsDeletes?: boolean | undefined
}

export interface EndedRun {
  record: RunRecord
  /** Earlier runs that were found to have crashed. */
  crashed: readonly RunRecord[]
}

/** Runs the connection and shows progress, warnings and errors on stderr. */
export async function watchRun(
  connection: Connection,
  wanted: WatchedRun,
  context: ProgramContext,
): Promise<EndedRun> {
  const { env, signal, logger } = context
  const crashed: RunRecord[] = []
  const startedMs = Date.now()
  const began = performance.now()
  const pace = new Pace()
  let stats: RunStats | undefined
  const progress = new ProgressLine(process.stderr, () => {
    const seconds = (performance.now() - began) / 1000
    const rate = pace.note(stats?.requests ?? 0, performance.now())
    return runProgressText({ resources: wanted.resources, stats, seconds, pace: rate }, connection)
  })
  try {
    const record = await runOnce(connection, {
      trigger: wanted.trigger,
      streams: wanted.resources,
      takesOver: wanted.takesOver === true,
      allowsDeletes: wanted.allowsDeletes === true,
      env,
      signal,
      onProgress: (now) => (stats = now),
      onLogEvent: (program, event) => progress.say(logger.clean(loggedText(program, event))),
      onCrashed: (run) => crashed.push(run),
    })
    return { record, crashed }
  } catch (error) {
    const failure = { trigger: wanted.trigger, error, startedMs }
    const record = signal.aborted ? undefined : await recordFailure(connection, failure)
    if (record) await notifyWebhook(connection, [...crashed, record], context)
    throw error
  } finally {
    progress.end()
  }
}

/** Prints the outcome, notifies the webhook, and exits with the run's status. */
export async function printRun(
  connection: Connection,
  ended: EndedRun & { isJson: boolean },
  context: ProgramContext,
): Promise<void> {
  const { record, crashed, isJson } = ended
  await print(isJson ? JSON.stringify(record, undefined, 2) : summaryText(record, connection))
  if (record.error) {
    const { program, message } = record.error
    process.stderr.write(`${context.logger.clean(`Error (${program}): ${message}`)}\n`)
  }
  await notifyWebhook(connection, [...crashed, record], context)
  if (record.exit_status !== 0) throw new ProgramExit(record.exit_status ?? 1)
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
      ...JSON_OPTION,
    },
    examples: [
      ['$0', 'Sync what changed'],
      ['$0 --only newsletters campaigns', 'Sync two streams'],
      ['$0 --full-refresh campaigns', 'Sync all streams, campaigns completely'],
    ],
  },
  run: async (flags, context) => {
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
    const ended = await watchRun(connection, wanted, context)
    await printRun(connection, { ...ended, isJson: flags.json === true }, context)
  },
}
