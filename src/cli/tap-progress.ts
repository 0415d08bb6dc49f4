/** Shows the progress of a sync on a terminal. Shows nothing when stderr is a file or a pipe. */

import { ProgressLine, type ProgressStream } from '../terminal/progress.ts'
import type { Logger } from '../logger.ts'
import type { LineWriter } from '../singer/writer.ts'
import type { ApiClient } from '../tap/api/client.ts'

/** A shorter sync shows no progress. */
const QUIET_MS = 1000

export interface ShownRun {
  client: Pick<ApiClient, 'totals' | 'throttledMs'>
  logger: Logger
  writer: Pick<LineWriter, 'recordCounts'>
  /** @default process.stderr */
  terminal?: ProgressStream
}

function two(part: number): string {
  return String(part).padStart(2, '0')
}

function clockText(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}

/** One line of progress. `elapsedMs` counts from the start of the sync. */
export function tapProgressText(
  { client, writer }: Pick<ShownRun, 'client' | 'writer'>,
  elapsedMs: number,
): string {
  const { requests, retries, rateLimited } = client.totals
  const streams = [...writer.recordCounts].map(([stream, count]) => `${stream} ${count}`)
  return [
    clockText(Math.floor(elapsedMs / 1000)),
    streams.length === 0 ? 'no records yet' : streams.join(', '),
    `${requests} requests`,
    ...(retries > 0 ? [`${retries} retried`] : []),
    ...(rateLimited > 0 ? [`${rateLimited} rate limited`] : []),
    `${Math.round(client.throttledMs / 1000)} s throttled`,
  ].join(' · ')
}

/** Shows progress in one line while the work runs. Log lines appear above it. */
export async function showProgress(run: ShownRun, work: () => Promise<void>): Promise<void> {
  const terminal = run.terminal ?? process.stderr
  if (terminal.isTTY !== true) {
    await work()
    return
  }
  const began = performance.now()
  const progress = new ProgressLine(terminal, () => {
    const elapsedMs = performance.now() - began
    return elapsedMs < QUIET_MS ? '' : tapProgressText(run, elapsedMs)
  })
  const release = run.logger.writeThrough((line) => progress.say(line.replace(/\n$/, '')))
  try {
    await work()
  } finally {
    release()
    progress.end()
  }
}
