/**
 * The environments of the tap and the target of a connection. Their settings are passed only here,
 * because arguments and files could show secrets.
 */

import { requestedLevel } from '../../logger.ts'
import type { Connection } from './connection.ts'

const PROGRAM_SETTINGS =
  /^(TAP_CUSTOMERIO|TARGET_WAREHOUSE)_|^(LOGLEVEL|LOG_FORMAT|SINGER_SDK_LOG_CONFIG)$/

/** Settings of a program under the names that `--config ENV` reads. */
function settingsEnv(prefix: string, settings: object): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [`${prefix}_${name.toUpperCase()}`, String(value)]),
  )
}

export interface ChildEnvs {
  tap: NodeJS.ProcessEnv
  target: NodeJS.ProcessEnv
}

/**
 * Settings of the programs in our own environment are removed: only the connection file counts. Of
 * the log level, only `debug` is passed on, because the runner needs all other lines anyway.
 */
export function childEnvs(connection: Connection, env: NodeJS.ProcessEnv): ChildEnvs {
  const base = {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !PROGRAM_SETTINGS.test(name))),
    LOGLEVEL: requestedLevel('customerio-sync', env) === 'debug' ? 'debug' : 'info',
    LOG_FORMAT: 'json',
    METRICS_INTERVAL_SECONDS: '1',
  }
  return {
    tap: { ...base, ...settingsEnv('TAP_CUSTOMERIO', connection.source) },
    target: { ...base, ...settingsEnv('TARGET_WAREHOUSE', connection.destination) },
  }
}
