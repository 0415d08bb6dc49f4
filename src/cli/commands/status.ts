import { formatTable } from '../../terminal/table.ts'
import { readStatus, type Status } from '../../runner/inspect/status.ts'
import { duration } from '../../runner/text/summary.ts'
import { print } from '../print.ts'
import {
  CONNECTION_OPTION,
  connectionOptions,
  JSON_OPTION,
  warn,
  type Command,
  type ConnectionFlags,
} from '../command.ts'
import { openConnection } from '../open.ts'

interface StatusView {
  /** Options that name the connection, for a command to run next. */
  options: string
  /** Whether a person has paused the schedule. */
  isPaused: boolean
}

function ago(time: string): string {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000)
  return `${time.slice(0, 19).replace('T', ' ')} UTC (${duration(seconds)} ago)`
}

function lastText({ last }: Status): string {
  if (!last) return 'none yet'
  const { run, isRunning } = last
  const outcome = isRunning ? 'running' : run.outcome
  return `${outcome}, started ${ago(run.started_at)}${run.error ? `: ${run.error.message}` : ''}`
}

/** One line for the next run, or for why there is none; and one for a pause. */
function nextLines({ nextRun, schedule, ...status }: Status, view: StatusView): string[] {
  if (view.isPaused)
    return [
      `next run    none: the schedule is paused (${schedule})`,
      '            To resume it, remove `paused` from the file, or use the console.',
    ]
  if (status.isScheduleRunning === false)
    return [
      `next run    none: nothing runs the schedule (${schedule})`,
      `            Start it with: customerio-sync start${view.options}`,
    ]
  const next = `next run    ${nextRun === null ? 'none' : `${nextRun.slice(0, 16)}Z`} (${schedule})`
  if (status.pausedUntil === null) return [next]
  const until = `${status.pausedUntil.slice(0, 19)}Z`
  return [
    `paused      until ${until}, because a retry cannot fix the last error`,
    '            To resume earlier, change the connection file or complete a manual run.',
    next,
  ]
}

function statusText(status: Status, view: StatusView): string {
  const rows = status.tables.map(({ table, rows: live, deleted_rows: deleted, bookmark }) => [
    table,
    live === null ? 'not created yet' : String(live),
    deleted === null ? '' : String(deleted),
    bookmark ?? 'none',
  ])
  return [
    `connection  ${status.connection}`,
    `last run    ${lastText(status)}`,
    `fresh       ${status.freshUntil === null ? 'never synced' : `as of ${ago(status.freshUntil)}`}`,
    ...nextLines(status, view),
    '',
    status.warehouseError ?? formatTable(['table', 'rows', 'deleted', 'newest update'], rows),
  ].join('\n')
}

function statusDocument(status: Status) {
  const { last } = status
  return {
    connection: status.connection,
    last_run: last ? { ...last.run, is_running: last.isRunning } : null,
    fresh_until: status.freshUntil,
    next_run: status.nextRun,
    schedule: status.schedule,
    is_schedule_running: status.isScheduleRunning,
    paused_until: status.pausedUntil,
    tables: status.tables,
    warehouse_error: status.warehouseError,
  }
}

export const statusCommand: Command<ConnectionFlags> = {
  line: {
    name: 'customerio-sync status',
    usage:
      'Usage: $0 [--connection NAME|FILE]\n\nShows the last run, the next run, how fresh the rows are, and the row counts.',
    options: { ...CONNECTION_OPTION, ...JSON_OPTION },
    examples: [['$0', 'Show the status of connection.json']],
  },
  run: async (flags, context) => {
    const { env, signal, logger } = context
    const connection = await openConnection(flags, context)
    const found = await readStatus(connection, { env, signal })
    if (found.historyWarning !== undefined) warn(found.historyWarning, logger)
    if (flags.json) {
      await print(JSON.stringify(statusDocument(found), undefined, 2))
      return
    }
    const isPaused = connection.schedule.type !== 'manual' && connection.schedule.paused === true
    const view = { options: connectionOptions(flags), isPaused }
    const lines = statusText(found, view).split('\n')
    await print(lines.map((line) => logger.clean(line)).join('\n'))
  },
}
