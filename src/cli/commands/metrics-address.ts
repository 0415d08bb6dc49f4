/** Pure: where `start` and `console` serve their metrics, from the flags or the environment. */

import { AppError } from '../../errors.ts'
import type { MetricsAddress } from '../../runner/scheduler/metrics-server.ts'

export interface MetricsFlags {
  metricsHost?: string
  metricsPort?: number
}

export const METRICS_OPTIONS = {
  'metrics-port': {
    number: true,
    requiresArg: true,
    describe:
      'Serve Prometheus metrics on http://HOST:PORT/metrics. Or set CUSTOMERIO_SYNC_METRICS_PORT',
  },
  'metrics-host': {
    string: true,
    requiresArg: true,
    defaultDescription: '127.0.0.1',
    describe:
      'Host to serve them on; 0.0.0.0 is reachable from other machines. Or set CUSTOMERIO_SYNC_METRICS_HOST',
  },
} as const

const LOOPBACK = '127.0.0.1'
const HOST_VARIABLE = 'CUSTOMERIO_SYNC_METRICS_HOST'
const PORT_VARIABLE = 'CUSTOMERIO_SYNC_METRICS_PORT'

function assertPort(port: number, what: string, given: string): number {
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new AppError('USAGE', `${what} must be an integer from 0 to 65535, not ${given}.`)
}

function portOf({ metricsPort: port }: MetricsFlags, env: NodeJS.ProcessEnv): number | undefined {
  if (port !== undefined) return assertPort(port, '--metrics-port', String(port))
  const text = env[PORT_VARIABLE] ?? ''
  if (text === '') return undefined
  return assertPort(/^\d+$/.test(text) ? Number(text) : Number.NaN, PORT_VARIABLE, text)
}

/**
 * Undefined when no port is set: then no metrics are served. A flag wins over its variable. Throws
 * USAGE for a port that is none, and for a host without a port.
 */
export function metricsAddress(
  flags: MetricsFlags,
  env: NodeJS.ProcessEnv,
): MetricsAddress | undefined {
  const port = portOf(flags, env)
  if (port === undefined && flags.metricsHost !== undefined)
    throw new AppError('USAGE', '--metrics-host has no effect without --metrics-port.')
  if (port === undefined) return undefined
  const given = flags.metricsHost ?? env[HOST_VARIABLE] ?? ''
  return { host: given === '' ? LOOPBACK : given, port }
}
