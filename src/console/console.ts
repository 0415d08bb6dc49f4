/** Runs the console until it is stopped: the server, the schedules and the runs. */

import { join } from 'node:path'
import { AppError } from '../errors.ts'
import {
  metricsUrl,
  serveMetrics,
  type MetricsAddress,
  type MetricsServer,
} from '../runner/scheduler/metrics-server.ts'
import { openBrowser } from './open-browser.ts'
import { linkUrl } from './routes/session.ts'
import { checkHost, isLocal, parsePublicUrl } from './security/addresses.ts'
import { isPasswordSet, removePassword, setPassword } from './security/password.ts'
import { Sessions } from './security/sessions.ts'
import { serveConsole, type ConsoleServer, type ListenOptions } from './server.ts'
import {
  consoleFolder,
  openServices,
  passwordPath,
  sessionsPath,
  type ServiceOptions,
} from './services.ts'

export interface ConsoleOptions extends ServiceOptions, ListenOptions {
  /** Opens a browser. */
  opensBrowser: boolean
  /** Where to serve metrics of the schedules; nowhere when undefined. */
  metrics?: MetricsAddress | undefined
  /** Prints a warning. */
  warn: (sentence: string) => void
}

const TLS_ADVICE =
  'The console speaks plain HTTP: put a proxy with TLS in front of it, and name its address with --public-url.'

/** Throws USAGE for an address that would not be safe, or that no browser could use. */
async function checkAddress(options: ConsoleOptions): Promise<void> {
  const { host, publicUrl, workspace } = options
  if (publicUrl !== undefined) parsePublicUrl(publicUrl)
  checkHost(host, publicUrl)
  if (isLocal(host, publicUrl) || (await isPasswordSet(passwordPath(workspace)))) return
  const option = isLocal(host) ? `--public-url ${publicUrl}` : `--host ${host}`
  throw new AppError('USAGE', `${option} lets other machines connect, but no password is set.`, {
    hint: `Set one with: customerio-sync console --set-password. ${TLS_ADVICE}`,
  })
}

function isPlainOutside({ host, publicUrl }: ConsoleOptions): boolean {
  return !isLocal(host, publicUrl) && !publicUrl?.startsWith('https:')
}

/** Stores a password, and ends all sessions. Throws USAGE for one that is too short. */
export async function changePassword(workspace: string, password: string): Promise<void> {
  await setPassword(passwordPath(workspace), password)
  await endSessions(workspace)
}

/** Removes the password, and ends all sessions. */
export async function clearPassword(workspace: string): Promise<void> {
  await removePassword(passwordPath(workspace))
  await endSessions(workspace)
}

async function endSessions(workspace: string): Promise<void> {
  const sessions = await Sessions.open(sessionsPath(workspace))
  await sessions.deleteAll()
}

/**
 * Serves the console, and runs the schedules. Returns when the signal is aborted and every run has
 * ended. Throws USAGE and CONFIG_INVALID when it cannot begin.
 */
export async function runConsole(options: ConsoleOptions): Promise<void> {
  const { workspace, print, warn, opensBrowser } = options
  await checkAddress(options)
  const ending = new AbortController()
  const signal = AbortSignal.any([options.signal, ending.signal])
  const opened = await openServices({ ...options, signal })
  const { services, follow, close: closeServices, metricsText } = opened
  let removeOpener: (() => Promise<void>) | undefined
  let server: ConsoleServer | undefined
  let metrics: MetricsServer | undefined
  try {
    metrics = options.metrics && (await serveMetrics(options.metrics, metricsText))
    server = await serveConsole(services, options)
    const { base } = server.addresses
    if (isPlainOutside(options)) warn(TLS_ADVICE)
    print(`The console of ${workspace} is at ${base}`)
    if (metrics) print(`Metrics are at ${metricsUrl(metrics)}`)
    if (options.publicUrl !== undefined) print(`It listens on ${options.host}:${server.port}`)
    const { links, sessions, terminalLink } = services
    const token = await terminalLink.next()
    print(
      token === undefined ? 'Log in with the password.' : `Log in, once: ${linkUrl(base, token)}`,
    )
    if (opensBrowser) {
      const link = links.create({ nowMs: Date.now(), epoch: sessions.epoch })
      const url = linkUrl(base, link.token)
      removeOpener = await openBrowser(url, join(consoleFolder(workspace), 'open.html'), warn)
    }
    const show = (next: string) =>
      print(`The last link has expired. The next link: ${linkUrl(base, next)}`)
    await Promise.all([follow(), terminalLink.follow(show, signal)])
  } finally {
    ending.abort()
    await closeServices()
    await server?.close()
    await metrics?.close()
    await removeOpener?.()
  }
}
