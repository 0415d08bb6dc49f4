/** Finds the region that an App API key belongs to. */

import { AppError, type ErrorCode } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { parseLogLine } from '../programs/log-line.ts'
import { callProgram, type CallOptions } from '../programs/call-program.ts'

type Region = 'us' | 'eu'

export interface FoundRegion {
  region: Region
  /** Why the key could not be checked; undefined when it works. */
  problem: string | undefined
  /** The error code of the problem. */
  code: ErrorCode | undefined
}

/** The connection for a person who waits: the tap gives up on the API after 10 seconds. */
export function withShortTimeouts(connection: Connection): Connection {
  const source = { ...connection.source, retry_budget_seconds: 10, request_timeout_seconds: 10 }
  return { ...connection, source }
}

/** The region that the tap suggests for a key that its own region refused. */
function suggestedRegionIn(text: string): Region | undefined {
  const line = parseLogLine(text)
  const region = line?.event === 'failed' ? line.fields['suggested_region'] : undefined
  return region === 'us' || region === 'eu' ? region : undefined
}

/** Reads one record of each stream. Throws only the signal's reason. */
export async function findRegion(
  connection: Connection,
  options: CallOptions,
): Promise<FoundRegion> {
  const region = connection.source.region ?? 'us'
  const call = { program: 'tap-customerio', args: ['--test'] } as const
  let suggested: Region | undefined
  const onLine = (line: string) => (suggested = suggestedRegionIn(line) ?? suggested)
  try {
    await callProgram(withShortTimeouts(connection), call, { ...options, onLine })
    return { region, problem: undefined, code: undefined }
  } catch (error) {
    options.signal.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    if (suggested !== undefined) return { region: suggested, problem: undefined, code: undefined }
    return { region, problem: error.fullText, code: error.code }
  }
}
