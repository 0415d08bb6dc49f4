/** What a person at a terminal sees of a long sync; nothing where stderr is a file or a pipe. */

import { ProgressLine, type ProgressStream } from '../terminal/progress.ts'
import type { Logger } from '../logger.ts'
import type { LineWriter } from '../singer/writer.ts'
import type { ApiClient } from '../tap/api/client.ts'

/** A run this short needs no progress. */
const PATIENCE_MS = 1000

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

/** @param elapsedMs since the sync began. */
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
    ...(retries > 0 ? [`${retries} tried again`] : []),
    ...(rateLimited > 0 ? [`${rateLimited} refused for the rate`] : []),
    `${Math.round(client.throttledMs / 1000)} s held up by the rate ceiling`,
  ].join(' · ')
}

/** Runs the work with its progress in one line of the terminal, which log lines do not tear and which is gone at the end. */
export async function showProgress(run: ShownRun, work: () => Promise<void>): Promise<void> {
  const terminal = run.terminal ?? process.stderr
  if (terminal.isTTY !== true) {
    await work()
    return
  }
  const began = performance.now()
  const progress = new ProgressLine(terminal, () => {
    const elapsedMs = performance.now() - began
    return elapsedMs < PATIENCE_MS ? '' : tapProgressText(run, elapsedMs)
  })
  const release = run.logger.writeThrough((line) => progress.say(line.replace(/\n$/, '')))
  try {
    await work()
  } finally {
    release()
    progress.end()
  }
}
