import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { AppError } from '../../errors.ts'
import { SYSTEM_CLOCK } from '../../runner/scheduler/clock.ts'
import { ConnectionFile } from '../../runner/connection/connection-file.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import {
  eventJson,
  eventText,
  wallText,
  type ReportedEvent,
} from '../../runner/scheduler/event-text.ts'
import { serveMetrics, type MetricsServer } from '../../runner/scheduler/metrics-server.ts'
import { History } from '../../runner/history/history.ts'
import { formatTable } from '../../terminal/table.ts'
import { RunMetrics } from '../../runner/scheduler/run-metrics.ts'
import { Notifier } from '../../runner/notify/notifier.ts'
import { scheduledRun } from '../../runner/scheduler/scheduled-run.ts'
import type { RunRecord } from '../../runner/history/record.ts'
import { createSchedule, nextTimes, type Schedule } from '../../runner/schedule/schedule.ts'
import { followSchedules, type Job } from '../../runner/scheduler/scheduler.ts'
import { lastHandledTick } from '../../runner/scheduler/catch-up.ts'
import { refuseConflicts, conflictKeysOf } from '../../runner/connection/conflicts.ts'
import type { ProgramContext } from '../main.ts'
import { CONNECTION_OPTION, JSON_OPTION, type Command } from './command.ts'
import { openConnection } from './open.ts'
import { webhookDispatcher } from './webhook.ts'

interface StartFlags {
  connection: string[]
  metricsPort?: number
  json?: boolean
}

interface Scheduled {
  file: ConnectionFile
  schedule: Schedule
  /** When the last run began that served its ticks and when the last succeeded one ended, as far as the history knows. */
  lastStartedAt: number | undefined
  lastSuccessAt: number | undefined
}

/** How many coming times of each connection are shown at the start. */
const SHOWN_TIMES = 3

function timeOf(text: string | null | undefined): number | undefined {
  return text ? Date.parse(text) : undefined
}

/** A damaged history is no reason not to start. */
async function lastSuccess({ dataFolder, resources }: Connection): Promise<RunRecord | undefined> {
  const wanted = { resources: resources.keys(), nowMs: SYSTEM_CLOCK.now() }
  return new History(dataFolder).lastSuccess(wanted).catch(() => undefined)
}

async function lastRuns(
  connection: Connection,
  schedule: Schedule,
): Promise<Pick<Scheduled, 'lastStartedAt' | 'lastSuccessAt'>> {
  const served = lastHandledTick(connection, schedule, SYSTEM_CLOCK.now())
  return {
    lastStartedAt: await served.catch(() => undefined),
    lastSuccessAt: timeOf((await lastSuccess(connection))?.ended_at),
  }
}

async function openScheduled(path: string, context: ProgramContext): Promise<Scheduled> {
  const open = async () => openConnection({ connection: path }, context)
  const connection = await open()
  const schedule = createSchedule(connection.schedule, SYSTEM_CLOCK.now())
  if (schedule.nextAfter(SYSTEM_CLOCK.now()) === undefined) {
    throw new AppError('CONFIG_INVALID', `The connection ${path} has no schedule to follow.`, {
      hint: 'Give it a `schedule` of the type basic or cron, or run it by hand with: customerio-sync run',
    })
  }
  const file = new ConnectionFile(connection, open)
  return { file, schedule, ...(await lastRuns(connection, schedule)) }
}

/** A text that is another one when the file is; the same for a file that cannot be read. */
async function fingerprintOf(path: string): Promise<string> {
  const text = await readFile(path).catch(() => Buffer.alloc(0))
  return createHash('sha256').update(text).digest('hex')
}

/** Coming times in UTC and, where the schedule has another zone, on the wall there. */
function scheduleText(scheduled: readonly Scheduled[], now: number): string {
  const rows = scheduled.flatMap(({ file, schedule }) =>
    nextTimes(schedule, now, SHOWN_TIMES).map((time, at) => [
      at === 0 ? file.known.name : '',
      at === 0 ? schedule.text : '',
      wallText(time, 'UTC'),
      schedule.timezone === 'UTC' ? '' : wallText(time, schedule.timezone),
    ]),
  )
  return formatTable(['connection', 'schedule', 'next runs (UTC)', 'in its zone'], rows)
}

/** What is told goes to stdout, masked and escaped, one line each. */
function reporter(isJson: boolean, { logger }: ProgramContext, metrics: RunMetrics) {
  return (event: ReportedEvent) => {
    const now = SYSTEM_CLOCK.now()
    if (event.type !== 'told') metrics.note(event)
    const line = isJson ? JSON.stringify(eventJson(event, now)) : eventText(event, now)
    if (line !== undefined) process.stdout.write(`${logger.clean(line)}\n`)
  }
}

function jobOf(
  { file, schedule, lastStartedAt }: Scheduled,
  { report, notifier }: { report: (event: ReportedEvent) => void; notifier: Notifier },
  { env }: ProgramContext,
): Job {
  const { name, path } = file.known
  return {
    name,
    schedule,
    lastStartedAt,
    shares: conflictKeysOf(file.known),
    fingerprint: async () => fingerprintOf(path),
    lastSuccessAt: async () => timeOf((await lastSuccess(file.known))?.started_at),
    run: scheduledRun(file, notifier, {
      env,
      onLogEvent: (program, { level, message }) =>
        report({ type: 'told', job: { name }, program, level, message }),
    }),
  }
}

function portOf(flags: StartFlags): number | undefined {
  const { metricsPort: port } = flags
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port < 65_536)) return port
  throw new AppError('USAGE', '--metrics-port takes a number from 0 to 65535.')
}

async function startMetrics(
  flags: StartFlags,
  metrics: RunMetrics,
): Promise<MetricsServer | undefined> {
  const port = portOf(flags)
  return port === undefined ? undefined : serveMetrics(port, () => metrics.text())
}

export const startCommand: Command<StartFlags> = {
  line: {
    name: 'customerio-sync start',
    usage:
      'Usage: $0 [--connection FILE]...\n\nFollows the schedules of connections until it is stopped by SIGTERM or SIGINT; a run under way ends with what it has committed.',
    options: {
      connection: {
        ...CONNECTION_OPTION['connection'],
        array: true,
        default: ['connection.json'],
        nargs: 1,
        describe: 'The connection file; may be repeated, and those due at once run in this order',
      },
      'metrics-port': {
        number: true,
        requiresArg: true,
        describe: 'Serve metrics for Prometheus at http://127.0.0.1:PORT/metrics',
      },
      json: { ...JSON_OPTION['json'], describe: 'Print one JSON object a line on stdout' },
    },
    examples: [
      ['$0', 'Follow the schedule of connection.json'],
      ['$0 --connection us.json --connection eu.json', 'Two connections in one process'],
    ],
  },
  run: async (flags, context) => {
    process.stdout.on('error', () => undefined) // whoever read the lines is gone; the schedule is not
    const scheduled: Scheduled[] = []
    for (const path of flags.connection) scheduled.push(await openScheduled(path, context))
    refuseConflicts(scheduled.map(({ file }) => file.known))
    const isJson = flags.json === true || context.env['LOG_FORMAT'] === 'json'
    const metrics = new RunMetrics()
    for (const { file, lastSuccessAt } of scheduled)
      if (lastSuccessAt !== undefined) metrics.noteEarlier(file.known.name, lastSuccessAt)
    const report = reporter(isJson, context, metrics)
    const server = await startMetrics(flags, metrics)
    const { signal } = context
    const notifier = new Notifier({
      files: scheduled.map(({ file }) => file),
      openDispatcher: webhookDispatcher(context),
      onFailure: ({ name }, message) => {
        const told = { program: 'customerio-sync', level: 'warning', message }
        report({ type: 'told', job: { name }, ...told })
      },
    })
    try {
      if (!isJson) process.stdout.write(`${scheduleText(scheduled, SYSTEM_CLOCK.now())}\n\n`)
      if (server)
        context.logger.info('metrics_served', 'Metrics are served.', { port: server.port })
      const jobs = scheduled.map((one) => jobOf(one, { report, notifier }, context))
      await followSchedules(jobs, { clock: SYSTEM_CLOCK, signal, report })
    } finally {
      await notifier.close()
      await server?.close()
    }
    signal.throwIfAborted()
  },
}
