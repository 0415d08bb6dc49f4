import { AppError } from '../../errors.ts'
import { conflictKeysOf, refuseConflicts } from '../../runner/connection/conflicts.ts'
import { Notifier } from '../../runner/notify/notifier.ts'
import { SYSTEM_CLOCK } from '../../runner/scheduler/clock.ts'
import { eventJson, eventText, type ReportedEvent } from '../../runner/scheduler/event-text.ts'
import { serveMetrics, type MetricsServer } from '../../runner/scheduler/metrics-server.ts'
import { RunMetrics } from '../../runner/scheduler/run-metrics.ts'
import { scheduledRun } from '../../runner/scheduler/scheduled-run.ts'
import { followSchedules, type Job } from '../../runner/scheduler/scheduler.ts'
import type { ProgramContext } from '../main.ts'
import { CONNECTION_OPTION, JSON_OPTION, type Command } from '../command.ts'
import {
  fingerprintOf,
  lastSuccessStart,
  openScheduled,
  upcomingRunsText,
  type ScheduledConnection,
} from './scheduled-connections.ts'
import { webhookDispatcher } from '../webhook.ts'

interface StartFlags {
  connection: string[]
  metricsPort?: number
  json?: boolean
}

/** Prints each event on stdout as one line, with secrets masked. */
function createReporter(isJson: boolean, { logger }: ProgramContext, metrics: RunMetrics) {
  return (event: ReportedEvent) => {
    const now = SYSTEM_CLOCK.now()
    if (event.type !== 'told') metrics.note(event)
    const line = isJson ? JSON.stringify(eventJson(event, now)) : eventText(event, now)
    if (line !== undefined) process.stdout.write(`${logger.clean(line)}\n`)
  }
}

function jobOf(
  { file, schedule, lastStartedAt }: ScheduledConnection,
  { report, notifier }: { report: (event: ReportedEvent) => void; notifier: Notifier },
  { env }: ProgramContext,
): Job {
  const { name, path } = file.known
  return {
    name,
    schedule,
    lastStartedAt,
    conflictKeys: conflictKeysOf(file.known),
    fingerprint: async () => fingerprintOf(path),
    lastSuccessAt: async () => lastSuccessStart(file.known),
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
  throw new AppError('USAGE', `--metrics-port must be an integer from 0 to 65535, not ${port}.`)
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
      'Usage: $0 [--connection NAME|FILE]...\n\nRuns connections on their schedules until SIGTERM or SIGINT stops it. A run that is stopped keeps everything it has committed.',
    options: {
      connection: {
        ...CONNECTION_OPTION['connection'],
        array: true,
        default: ['connection.json'],
        nargs: 1,
        describe: 'Connection file. Repeatable; connections due at the same time run in this order',
      },
      'metrics-port': {
        number: true,
        requiresArg: true,
        describe: 'Serve Prometheus metrics on http://127.0.0.1:PORT/metrics',
      },
      json: { ...JSON_OPTION['json'], describe: 'Print one JSON object per line instead of text' },
    },
    examples: [
      ['$0', 'Run connection.json on its schedule'],
      ['$0 --connection us.json --connection eu.json', 'Run two connections in one process'],
    ],
  },
  run: async (flags, context) => {
    process.stdout.on('error', () => undefined) // schedules keep running when nobody reads stdout
    const scheduled: ScheduledConnection[] = []
    for (const path of flags.connection) scheduled.push(await openScheduled(path, context))
    refuseConflicts(scheduled.map(({ file }) => file.known))
    const isJson = flags.json === true || context.env['LOG_FORMAT'] === 'json'
    const metrics = new RunMetrics()
    for (const { file, lastSuccessAt } of scheduled)
      if (lastSuccessAt !== undefined) metrics.noteEarlier(file.known.name, lastSuccessAt)
    const report = createReporter(isJson, context, metrics)
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
      if (!isJson) process.stdout.write(`${upcomingRunsText(scheduled, SYSTEM_CLOCK.now())}\n\n`)
      if (server) context.logger.info('metrics_served', 'Serving metrics.', { port: server.port })
      const jobs = scheduled.map((one) => jobOf(one, { report, notifier }, context))
      await followSchedules(jobs, { clock: SYSTEM_CLOCK, signal, report })
    } finally {
      await notifier.close()
      await server?.close()
    }
    signal.throwIfAborted()
  },
}
