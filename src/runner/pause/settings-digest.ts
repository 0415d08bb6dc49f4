/** Notices that the environment gives a connection other settings, without storing any. */

import { createHash } from 'node:crypto'
import { packageVersion } from '../../package-version.ts'
import type { Connection } from '../connection/connection.ts'

/** Variables that the programs, their drivers and Node read besides those that the file names. */
const READ_BY_PROGRAMS = /^(AWS|AZURE|ICEBERG|NODE|SSL)_|^PG|_PROXY$/i
/** Two bytes tell two values apart, but do not confirm a guess at a password. */
const DIGITS = 4

/**
 * Changes when a setting of the tap or the target changes, by the file or by the environment, and
 * with another version of this package.
 */
export function settingsDigest(
  { source, destination }: Pick<Connection, 'source' | 'destination'>,
  env: NodeJS.ProcessEnv,
): string {
  const variables = Object.entries(env)
    .filter(([name]) => READ_BY_PROGRAMS.test(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([packageVersion(), source, destination, variables])
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS)
}
