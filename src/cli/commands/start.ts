import { join, resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { SYSTEM_CLOCK } from '../../runner/scheduler/clock.ts'
import { eventJson, eventText, type ReportedEvent } from '../../runner/scheduler/event-text.ts'
import { serveMetrics, type MetricsServer } from '../../runner/scheduler/metrics-server.ts'
import { activePauses } from '../../runner/scheduler/scheduled-job.ts'
import { ScheduleService } from '../../runner/scheduler/schedule-service.ts'
import { isFile, listConnections } from '../../runner/workspace/documents.ts'
import { findConnection, workspaceFolder } from '../../runner/workspace/find-connection.ts'
import { LONE_CONNECTION } from '../../runner/workspace/paths.ts'
import type { ProgramContext } from '../main.ts'
import { JSON_OPTION, warn, WORKSPACE_OPTION, type Command } from '../command.ts'
import { openConnectionFile } from '../open.ts'
import { metricsAddress, METRICS_OPTIONS, type MetricsFlags } from './metrics-address.ts'
import { upcomingRunsText } from './upcoming-runs.ts'
import { webhookDispatcher } from '../webhook.ts'

interface StartFlags extends MetricsFlags {
  workspace?: string
  connection?: string[]
  json?: boolean
}

/** Prints each event on stdout as one line, with secrets masked. */
function createReporter(isJson: boolean, { logger }: ProgramContext) {
  return (event: ReportedEvent) => {
    const now = SYSTEM_CLOCK.now()
    const line = isJson ? JSON.stringify(eventJson(event, now)) : eventText(event, now)
    if (line !== undefined) process.stdout.write(`${logger.clean(line)}\n`)
  }
}

async function startMetrics(
  flags: StartFlags,
  env: NodeJS.ProcessEnv,
  { published }: ScheduleService,
): Promise<MetricsServer | undefined> {
  const address = metricsAddress(flags, env)
  return address && serveMetrics(address, () => published.metrics.text())
}

/** The files of the named connections. Throws USAGE. */
async function namedFiles(workspace: string, connections: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const connection of connections) {
    const file = await findConnection({ workspace, connection })
    if (files.some((earlier) => resolve(earlier) === resolve(file)))
      throw new AppError('USAGE', `The connection ${connection} is given more than once.`)
    files.push(file)
  }
  return files
}

async function existing(files: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const file of files) if (await isFile(file)) found.push(file)
  return found
}

interface StartFiles {
  /** Whether --connection named them. */
  isNamed: boolean
  files: readonly string[]
  context: ProgramContext
}

/**
 * Throws when nothing could ever run, and when a named connection cannot. Other files of a
 * workspace are warned about, and run as soon as they are corrected. So are paused connections:
 * they run as soon as they are resumed.
 */
async function refuseUnusable(
  service: ScheduleService,
  { isNamed, files, context }: StartFiles,
): Promise<void> {
  const invalid = await service.begin()
  const scheduled = service.scheduled().map(({ file }) => file.known)
  const paused = service.paused()
  const usable = new Set([...scheduled, ...paused].map(({ path }) => path))
  const [first] = invalid
  const needsAll = isNamed || usable.size === 0
  if (first && needsAll) throw first.error
  const manual = files.find((path) => !usable.has(resolve(path)))
  if (manual !== undefined && needsAll) {
    const isOneOfMany = !isNamed && files.length > 1
    const what = isOneOfMany ? 'None of the connections has a' : `The connection ${manual} has no`
    throw new AppError('CONFIG_INVALID', `${what} schedule.`, {
      hint: 'Set `schedule` to type basic or cron, or run it manually with: customerio-sync run',
    })
  }
  for (const { error } of invalid)
    warn(`${error.fullText} It runs once it is corrected.`, context.logger)
  for (const { name } of paused)
    warn(
      `The connection ${name} is paused. To resume it, remove \`paused\` from the file, or use the console.`,
      context.logger,
    )
}

export const startCommand: Command<StartFlags> = {
  line: {
    name: 'customerio-sync start',
    usage:
      'Usage: $0 [--connection NAME|FILE]...\n\nRuns connections on their schedules until SIGTERM or SIGINT stops it: those of the workspace, or the named ones. Notices added, changed and removed files within seconds. A run that is stopped keeps everything it has committed.',
    options: {
      ...WORKSPACE_OPTION,
      connection: {
        string: true,
        requiresArg: true,
        array: true,
        nargs: 1,
        defaultDescription: 'all of the workspace',
        describe:
          'Connection: its name in the workspace, or its file. Repeatable; connections due at the same time run in this order',
      },
      ...METRICS_OPTIONS,
      json: { ...JSON_OPTION['json'], describe: 'Print one JSON object per line instead of text' },
    },
    examples: [
      ['$0', 'Run all connections of the workspace'],
      ['$0 --connection us.json --connection eu.json', 'Run two connections in one process'],
    ],
  },
  run: async (flags, context) => {
    process.stdout.on('error', () => undefined) // schedules keep running when nobody reads stdout
    const { env, signal, logger } = context
    const workspace = await workspaceFolder({ workspace: flags.workspace })
    const named = flags.connection && (await namedFiles(workspace, flags.connection))
    const isJson = flags.json === true || env['LOG_FORMAT'] === 'json'
    let isFollowing = false
    const list = async () => {
      if (!named) return (await listConnections(workspace)).map(({ path }) => path)
      return isFollowing ? existing(named) : named
    }
    const service = new ScheduleService({
      list,
      open: async (path) => openConnectionFile(path, context),
      env,
      clock: SYSTEM_CLOCK,
      signal,
      report: createReporter(isJson, context),
      openDispatcher: webhookDispatcher(context),
    })
    let server: MetricsServer | undefined
    try {
      const files = await list()
      // Throws, and names the next step.
      if (files.length === 0) await openConnectionFile(join(workspace, LONE_CONNECTION), context)
      await refuseUnusable(service, { isNamed: named !== undefined, files, context })
      server = await startMetrics(flags, env, service)
      const scheduled = service.scheduled()
      if (!isJson && scheduled.length > 0) {
        const now = SYSTEM_CLOCK.now()
        const pauses = await activePauses(scheduled, { env, nowMs: now })
        process.stdout.write(`${upcomingRunsText(scheduled, { now, pauses })}\n\n`)
      }
      if (server) {
        const { host, port } = server
        logger.info('metrics_served', 'Serving metrics.', { port, host })
      }
      isFollowing = true
      await service.follow()
    } finally {
      await service.close()
      await server?.close()
    }
    signal.throwIfAborted()
  },
}
