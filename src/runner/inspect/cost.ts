/** Counts what a run reads, in requests: reads the lists of the account, and loads nothing. */

import { open } from 'node:fs/promises'
import { devNull } from 'node:os'
import { requestsOf } from '../../streams/cost.ts'
import { definitionOf, parentNameOf, STREAM_NAMES, type StreamName } from '../../streams/index.ts'
import type { Connection } from '../connection/connection.ts'
import { callProgram, type CallOptions } from '../programs/call-program.ts'
import { RunStats } from '../programs/run-stats.ts'
import { withShortTimeouts } from './region.ts'

export interface StreamCost {
  stream: StreamName
  requests: number
  /** Rows of the stream; null when they were not counted. */
  rows: number | null
}

/** What was counted of a stream that is not read for each row of another one. */
interface CountedStream {
  requests: number
  rows: number
}

/** The connection for a complete read of one stream, without a catalog file. */
function withOnly(connection: Connection, stream: StreamName): Connection {
  const { start_date: _start, cutoff_days: _cutoff, ...source } = connection.source
  return { ...connection, source: { ...source, streams: [stream] } }
}

/** Reads a stream completely and drops its records. Throws what the tap throws. */
async function countStream(
  connection: Connection,
  stream: StreamName,
  options: CallOptions,
): Promise<CountedStream> {
  const stats = new RunStats()
  const nowhere = await open(devNull, 'w')
  const output = nowhere.createWriteStream({ autoClose: false })
  try {
    const call = { program: 'tap-customerio', args: [], output } as const
    const onLine = (line: string) => void stats.add('tap-customerio', line)
    await callProgram(withShortTimeouts(withOnly(connection, stream)), call, { ...options, onLine })
    return { requests: stats.requests, rows: stats.of(stream).read }
  } finally {
    output.destroy()
    await nowhere.close()
  }
}

/** True for a stream whose rows are not read for a count, because they are too many. */
function isEstimated(name: StreamName): boolean {
  return definitionOf(name).kind === 'windows'
}

/** The streams to read to count the requests of these: a child counts by its parent. */
function countedStreams(streams: readonly StreamName[]): StreamName[] {
  const wanted = streams
    .filter((name) => !isEstimated(name))
    .map((name) => parentNameOf(name) ?? name)
  return STREAM_NAMES.filter((name) => wanted.includes(name))
}

/**
 * Requests for the rows of a parent that its child streams cause: none when the parent is read
 * anyway, and its list is kept.
 */
function sharedRequests(
  parent: StreamName,
  { streams, requests }: { streams: readonly StreamName[]; requests: number },
): number {
  const definition = definitionOf(parent)
  const isKept = definition.kind === 'list' && definition.isShared === true
  return isKept && streams.includes(parent) ? 0 : requests
}

/**
 * What one run of the streams costs. A stream that is read for each row of another one costs one
 * request for each of its rows. The first one of each parent also costs what the list of these rows
 * does. Throws what the tap throws.
 */
export async function measureCost(
  connection: Connection,
  options: CallOptions,
): Promise<StreamCost[]> {
  const streams = [...connection.resources.keys()]
  const counted = new Map<StreamName, CountedStream>()
  for (const stream of countedStreams(streams))
    counted.set(stream, await countStream(connection, stream, options))
  return streams.map((stream) => {
    if (isEstimated(stream))
      return { stream, requests: requestsOf(definitionOf(stream), new Map()), rows: null }
    const parent = parentNameOf(stream)
    const { requests, rows } = counted.get(parent ?? stream) ?? { requests: 0, rows: 0 }
    if (parent === undefined) return { stream, requests, rows }
    const isFirst = streams.find((one) => parentNameOf(one) === parent) === stream
    const shared = isFirst ? sharedRequests(parent, { streams, requests }) : 0
    return { stream, requests: rows + shared, rows: null }
  })
}
