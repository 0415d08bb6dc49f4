/** Makes sure that only one process at a time runs a connection or changes its state. */

import { AppError } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { makeDataFolder, unwritable } from '../connection/data-folder.ts'
import { lockPathIn, takeRunLock, type Lock, type LockOwner } from '../lock/lock.ts'
import { warn, type RunOptions } from './run-options.ts'

type LockOptions = Pick<RunOptions, 'signal' | 'onLogEvent'>

async function lockConnection(connection: Connection, options: LockOptions): Promise<Lock> {
  const { signal } = options
  const onWait = ({ host }: LockOwner) => {
    const machine = host.split(' ')[0] ?? ''
    warn(options, `The lock is held on ${machine}; waiting for a heartbeat from there.`)
  }
  try {
    return await takeRunLock(lockPathIn(connection.dataFolder), { signal, onWait })
  } catch (error) {
    if (error instanceof AppError || signal.aborted) throw error
    throw unwritable(connection.dataFolder, error)
  }
}

/**
 * Does the work while no other run of the connection can start. Throws RUN_IN_PROGRESS when another
 * process holds the lock, CONFIG_INVALID or OUTPUT_FAILED when the data folder is not writable.
 */
export async function holdLock<T>(
  connection: Connection,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  await makeDataFolder(connection)
  const lock = await lockConnection(connection, options)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}
