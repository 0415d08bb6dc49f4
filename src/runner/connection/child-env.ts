/** The environments in which the two programs of a connection run: their settings reach them here, never as arguments and never as files. */

import type { Connection } from './connection.ts'

const OWN = /^(TAP_CUSTOMERIO|TARGET_WAREHOUSE)_|^(LOGLEVEL|LOG_FORMAT|SINGER_SDK_LOG_CONFIG)$/

/** Settings of a program by the names under which `--config ENV` reads them. */
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

/** Only the connection file counts: settings of the programs that happen to be in our environment are left out. */
export function childEnvs(connection: Connection, env: NodeJS.ProcessEnv): ChildEnvs {
  const base = {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.test(name))),
    LOGLEVEL: 'info',
    LOG_FORMAT: 'json',
    METRICS_INTERVAL_SECONDS: '1',
  }
  return {
    tap: { ...base, ...settingsEnv('TAP_CUSTOMERIO', connection.source) },
    target: { ...base, ...settingsEnv('TARGET_WAREHOUSE', connection.destination) },
  }
}
