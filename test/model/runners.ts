/** Runs the tap once for a sequence, in this process or as a program. */

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { AppError } from '../../src/errors.ts'
import { Logger } from '../../src/logger.ts'
import type { TapConfig } from '../../src/schemas.generated.ts'
import { parseCatalog } from '../../src/singer/catalog.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { parseState } from '../../src/singer/state.ts'
import { LineWriter } from '../../src/singer/writer.ts'
import { ApiClient } from '../../src/tap/api/client.ts'
import { planStreams } from '../../src/tap/plan.ts'
import { sync } from '../../src/tap/sync.ts'
import { start, writeJson } from '../support/programs.ts'

export interface OneRun {
  config: TapConfig
  catalog: JsonObject
  state: JsonObject
  /** Receives the lines. Fails with EPIPE when its reader has closed it. */
  stream: Writable
  /** Aborted with a `Stop`. */
  signal: AbortSignal
}

/** `refused` means by the deletion guard. */
export type Ending = 'complete' | 'failed' | 'refused' | 'killed'
export type Runner = (run: OneRun) => Promise<Ending>

/** The reason of a planned stop. */
export class Stop extends Error {}

export async function inProcess(run: OneRun): Promise<Ending> {
  const { config, stream, signal } = run
  const state = parseState(structuredClone(run.state))
  const logger = new Logger({
    name: 'model',
    level: 'critical',
    format: 'plain',
    write: () => undefined,
  })
  const client = new ApiClient({ config, logger, signal, env: {} })
  const writer = new LineWriter(stream)
  const plans = planStreams(parseCatalog(run.catalog), state)
  try {
    await sync(plans, { client, config, state, writer, logger, signal })
    return 'complete'
  } catch (error) {
    if (error instanceof Stop) return 'killed'
    if (!(error instanceof AppError)) throw error
    if (error.code === 'OUTPUT_CLOSED') return 'killed'
    return error.code === 'DELETIONS_REFUSED' ? 'refused' : 'failed'
  } finally {
    await client.close()
  }
}

/**
 * Runs the real program with its files in the folder. Kills it when its reader closes the pipe, and
 * sends SIGTERM for a stop.
 */
export function asProcess(folder: string): Runner {
  return async ({ config, catalog, state, stream, signal }) => {
    const files = { '--config': config, '--catalog': catalog, '--state': state }
    const args: string[] = []
    for (const [flag, value] of Object.entries(files))
      args.push(flag, await writeJson(folder, `${flag.slice(2)}.json`, value))
    const child = start('tap-customerio', { args })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    const closed = once(child, 'close') as Promise<[number | null, string | null]>
    let isClosed = false
    stream.on('error', () => {
      isClosed = true
      child.kill('SIGKILL')
    })
    signal.addEventListener('abort', () => child.kill('SIGTERM'))
    for await (const line of createInterface({ input: child.stdout })) {
      if (!isClosed) stream.write(`${line}\n`)
    }
    const [code] = await closed
    if (isClosed || code === 143) return 'killed'
    if (code === 1 || code === 2) throw new Error(stderr)
    if (code === 5 && stderr.includes('code=DELETIONS_REFUSED')) return 'refused'
    return code === 0 ? 'complete' : 'failed'
  }
}
