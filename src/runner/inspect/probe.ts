/** Tries a key: which region it belongs to. */

import { AppError } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { callProgram, type CallOptions } from '../warehouse/target-client.ts'

type Region = 'us' | 'eu'

/** What the tap says of a key that the other region takes. */
const OTHER_REGION = /set `region` to (us|eu)/

export interface Probed {
  region: Region
  /** Why the key cannot be said to work; undefined where it does. */
  problem: string | undefined
}

/** The connection for a person who waits for the answer: it gives up on the API after seconds, not minutes. */
export function impatient(connection: Connection): Connection {
  const source = { ...connection.source, retry_budget_seconds: 10, request_timeout_seconds: 10 }
  return { ...connection, source }
}

/** Reads one record of each stream. Throws only the signal's reason. */
export async function probeRegion(connection: Connection, options: CallOptions): Promise<Probed> {
  const region = connection.source.region
  const call = { program: 'tap-customerio', args: ['--test'] } as const
  try {
    await callProgram(impatient(connection), call, options)
    return { region, problem: undefined }
  } catch (error) {
    options.signal.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    const other = OTHER_REGION.exec(error.fullText)?.[1]
    if (other === 'us' || other === 'eu') return { region: other, problem: undefined }
    return { region, problem: error.fullText }
  }
}
