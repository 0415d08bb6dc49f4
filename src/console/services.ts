/** Opens what the routes work with: documents, runs, schedules, events and sessions. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../logger.ts'
import type { Connection } from '../runner/connection/connection.ts'
import { loadConnection } from '../runner/connection/connection.ts'
import { secretsOfConnection } from '../runner/connection/connection-secrets.ts'
import { Notifier } from '../runner/notify/notifier.ts'
import type { DispatcherFactory } from '../runner/notify/webhook.ts'
import { SYSTEM_CLOCK } from '../runner/scheduler/clock.ts'
import { eventText, type ReportedEvent } from '../runner/scheduler/event-text.ts'
import { RunQueue } from '../runner/scheduler/run-queue.ts'
import { ScheduleService } from '../runner/scheduler/schedule-service.ts'
import { Connections } from './connections.ts'
import { DocumentStore } from './documents/document-store.ts'
import { DraftStore } from './documents/draft-store.ts'
import { EventLog } from './events/event-log.ts'
import { workspaceName } from './runs/live-run.ts'
import { LiveRuns } from './runs/live-runs.ts'
import { RequestCalls } from './runs/request-calls.ts'
import { RowCounts } from './runs/row-counts.ts'
import { ScheduleKeeper, type Schedules } from './runs/schedule-keeper.ts'
import { HashQueue } from './security/hash-queue.ts'
import { LoginLimit } from './security/login-limit.ts'
import { LoginLinks } from './security/login-links.ts'
import { isPasswordSet } from './security/password.ts'
import { PublicEtags } from './security/public-etags.ts'
import { Sessions } from './security/sessions.ts'
import { TerminalLink } from './security/terminal-link.ts'
import { watchFiles } from './runs/file-watch.ts'

export interface ServiceOptions {
  /** Absolute path of the folder. */
  workspace: string
  env: NodeJS.ProcessEnv
  /** Masks secrets. */
  logger: Pick<Logger, 'mask' | 'clean' | 'unexpected'>
  /** Ends the console. */
  signal: AbortSignal
  openDispatcher: DispatcherFactory
  /** False serves without schedules. */
  hasSchedules: boolean
  /** Prints one line for a person. */
  print: (line: string) => void
}

/** What the routes work with. */
export interface Services {
  options: ServiceOptions
  store: DocumentStore
  drafts: DraftStore
  connections: Connections
  runs: LiveRuns
  counts: RowCounts
  events: EventLog
  sessions: Sessions
  links: LoginLinks
  terminalLink: TerminalLink
  limit: LoginLimit
  hashes: HashQueue
  etags: PublicEtags
  passwordPath: string
  schedules: () => Schedules
  /** For programs that a request starts. */
  calls: RequestCalls
  /** Masks the secrets of a connection from now on. */
  maskSecrets: (connection: Connection) => void
}

export interface OpenedServices {
  services: Services
  /** Runs the schedules, and looks at the files. Returns when the signal is aborted. */
  follow: () => Promise<void>
  /** Returns when every run has ended: call it after the signal was aborted. */
  close: () => Promise<void>
  /** Metrics of the schedules that run here. */
  metricsText: () => string
}

/** Files of the console itself, in the folder that holds the data of the runner. */
export function consoleFolder(workspace: string): string {
  return join(workspace, '.customerio-sync', 'console')
}

export function passwordPath(workspace: string): string {
  return join(consoleFolder(workspace), 'password.json')
}

export function sessionsPath(workspace: string): string {
  return join(consoleFolder(workspace), 'sessions.json')
}

const OFF: Schedules = { state: 'off', message: 'The console was started with --no-schedules.' }

interface RunParts {
  runs: LiveRuns
  counts: RowCounts
  notifier: Notifier
  queue: RunQueue
}

interface RunSources {
  events: EventLog
  open: (path: string) => Promise<Connection>
  /** Refuses copies and conflicts, too. */
  openToRun: (path: string) => Promise<Connection>
}

/** Says on the terminal that a webhook did not get through after a run that was started here. */
function warnOfWebhook(options: ServiceOptions) {
  return ({ name }: Connection, message: string) => {
    const warning = { program: 'customerio-sync', level: 'warning', message }
    printEvent({ type: 'told', job: { name }, ...warning }, options)
  }
}

function openRuns(options: ServiceOptions, { events, open, openToRun }: RunSources): RunParts {
  const { env, signal, logger, openDispatcher } = options
  const changed = ({ path }: Connection) =>
    events.append({ type: 'connection_changed', connection: workspaceName(path) })
  const onFailure = warnOfWebhook(options)
  const notifier = new Notifier({ files: () => [], openDispatcher, onFailure })
  const queue = new RunQueue()
  const counts = new RowCounts({ calls: { env, signal }, queue, open, onCount: changed })
  const runs = new LiveRuns({
    events,
    queue,
    env,
    signal,
    open: openToRun,
    clean: (text) => logger.clean(text),
    onManualEnd: (connection, run) => notifier.note(connection, run),
    onEnd: (path, endedAt) => counts.countSoon(path, endedAt),
    onBug: (error) => logger.unexpected('A run failed', error),
  })
  return { runs, counts, notifier, queue }
}

/** Events after which a connection looks different. */
const CHANGING: readonly ReportedEvent['type'][] = ['waiting', 'paused', 'resumed', 'skipped']

/** Prints an event of the scheduler. */
function printEvent(event: ReportedEvent, { logger, print }: ServiceOptions): void {
  const line = eventText(event, SYSTEM_CLOCK.now())
  if (line !== undefined) print(logger.clean(line))
}

interface KeeperParts extends Pick<RunParts, 'runs' | 'queue'> {
  events: EventLog
  connections: Connections
  open: (path: string) => Promise<Connection>
  report: (event: ReportedEvent) => void
}

function openKeeper(options: ServiceOptions, parts: KeeperParts): ScheduleKeeper {
  const { workspace, env, signal, openDispatcher } = options
  const { runs, queue, events, connections, open, report } = parts
  return new ScheduleKeeper({
    connections: async () => (await connections.valid()).map(({ connection }) => connection),
    lockPath: join(consoleFolder(workspace), 'schedules.lock'),
    createService: (others) =>
      new ScheduleService({
        others,
        list: async () => (await connections.entries()).map(({ path }) => path),
        open,
        env,
        clock: SYSTEM_CLOCK,
        signal,
        report,
        openDispatcher,
        queue,
        runOnce: runs.run,
        enqueue: runs.enqueue,
      }),
    clock: SYSTEM_CLOCK,
    signal,
    onChange: (schedules) => events.append({ type: 'schedules_changed', schedules }),
  })
}

type Logins = Pick<
  Services,
  'sessions' | 'links' | 'terminalLink' | 'limit' | 'hashes' | 'passwordPath'
>

async function openLogins(workspace: string): Promise<Logins> {
  const sessions = await Sessions.open(sessionsPath(workspace))
  const links = new LoginLinks()
  const hasPassword = async () => isPasswordSet(passwordPath(workspace))
  return {
    sessions,
    links,
    terminalLink: new TerminalLink({ links, sessions, hasPassword, clock: SYSTEM_CLOCK }),
    limit: new LoginLimit(),
    hashes: new HashQueue(),
    passwordPath: passwordPath(workspace),
  }
}

/** Opens everything. Abort the signal and call `close` on every path. */
export async function openServices(options: ServiceOptions): Promise<OpenedServices> {
  const { workspace, env, signal, logger, hasSchedules } = options
  const folder = consoleFolder(workspace)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const events = new EventLog()
  const maskSecrets = (connection: Connection) => {
    for (const secret of secretsOfConnection(connection)) logger.mask(secret)
  }
  /** Names in the workspace, by the name that a connection has for itself. */
  const names = new Map<string, string>()
  const open = async (path: string) => {
    const connection = await loadConnection(path, env)
    maskSecrets(connection)
    names.set(connection.name, workspaceName(path))
    return connection
  }
  const openToRun = async (path: string) => connections.openToRun(workspaceName(path))
  const { runs, counts, notifier, queue } = openRuns(options, { events, open, openToRun })
  const report = (event: ReportedEvent) => {
    printEvent(event, options)
    const connection = names.get(event.job.name)
    if (connection === undefined) return
    if (CHANGING.includes(event.type)) events.append({ type: 'connection_changed', connection })
    // One that is removed soon after it was added is not seen by the watch of the files.
    if (event.type === 'unscheduled' && event.isRemoved)
      events.append({ type: 'connection_removed', connection })
  }
  const store = new DocumentStore(workspace)
  const clean = (text: string) => logger.clean(text)
  const connections = new Connections({ store, open, runs, counts, clean })
  const keeper = openKeeper(options, { runs, queue, events, connections, open, report })
  const services: Services = {
    options,
    store,
    drafts: new DraftStore(join(folder, 'drafts')),
    connections,
    runs,
    counts,
    events,
    ...(await openLogins(workspace)),
    etags: await PublicEtags.open(join(folder, 'etag.key')),
    schedules: () => (hasSchedules ? keeper.state : OFF),
    calls: new RequestCalls({ calls: { env, signal }, runs: queue }),
    maskSecrets,
  }
  let followed: Promise<void>[] = []
  const follow = async () => {
    const watching = watchFiles({ connections, counts, events, clock: SYSTEM_CLOCK, signal })
    followed = [watching, ...(hasSchedules ? [keeper.follow()] : [])]
    await Promise.all(followed)
  }
  const close = async () => {
    await Promise.allSettled(followed)
    await runs.ended()
    await counts.ended()
    await notifier.close()
  }
  return { services, follow, close, metricsText: () => keeper.metricsText() }
}
