/**
 * Sends responses with bytes changed, removed or duplicated at random. The tap reads each one as a
 * list of objects or fails with an error code.
 */

import { Logger } from '../../src/logger.ts'
import { AppError } from '../../src/errors.ts'
import { changeBytes } from '../../src/sandbox/api/answers.ts'
import { between, seededRandom, type Random } from '../../src/sandbox/random.ts'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { ApiClient } from '../../src/tap/api/client.ts'
import { pagesOf } from '../../src/tap/api/pages.ts'
import { toRecord } from '../../src/tap/record/record.ts'
import { STREAMS } from '../../src/streams/index.ts'
import { tapConfig } from '../support/tap-config.ts'
import type { Campaign } from './campaign.ts'

const RESPONSES = 3000

/** The bytes after one to eight small mutations. */
function mutated(bytes: Buffer, random: Random): Buffer {
  let changed = bytes
  for (let count = between(random, 1, 8); count > 0; count--) {
    const at = between(random, 0, Math.max(0, changed.length - 1))
    const end = at + between(random, 0, 12)
    const [head, part, tail] = [
      changed.subarray(0, at),
      changed.subarray(at, end),
      changed.subarray(end),
    ]
    const noise = Buffer.from([between(random, 0, 255)])
    const middles = [noise, Buffer.concat([part, part]), Buffer.concat([noise, part])]
    changed = Buffer.concat([head, middles[between(random, 0, 3)] ?? Buffer.alloc(0), tail])
  }
  return changed
}

/** `read`, or the error code. Rethrows any other error. */
async function outcomeOf(client: ApiClient): Promise<string> {
  const [stream] = STREAMS
  if (!stream) throw new Error('there is no stream')
  const { dataKey, id, keyProperties, path, query, schema } = stream
  try {
    for await (const page of pagesOf(client, { path, dataKey, query })) {
      for (const raw of page) JSON.stringify(toRecord(raw, { stream: id, schema, keyProperties }))
    }
    return 'read'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

export const ANSWERS_CAMPAIGN: Campaign = {
  name: 'answers',
  title: 'Randomly damaged responses: each is read or fails with an error code',
  run: async ({ scale, seed, say }) => {
    const rate = { perSecond: Number.POSITIVE_INFINITY }
    const sandbox = await startSandbox({ rate, world: { newsletters: 3 } })
    const config = tapConfig({
      app_api_key: sandbox.apiKey,
      api_url: sandbox.url,
      requests_per_second: 10_000,
      retry_budget_seconds: 0,
    })
    const logger = new Logger({ name: 'test', level: 'critical', format: 'plain', write: say })
    const { signal } = new AbortController()
    const client = new ApiClient({ config, logger, signal, env: {} })
    const counts: Record<string, number> = {}
    const failures: string[] = []
    const total = Math.ceil(RESPONSES * scale)
    for (let at = 0; at < total; at++) {
      const random = seededRandom(seed + at)
      const fault = sandbox.faults.add({ respond: changeBytes((bytes) => mutated(bytes, random)) })
      try {
        const outcome = await outcomeOf(client)
        counts[outcome] = (counts[outcome] ?? 0) + 1
      } catch (error) {
        failures.push(`CAMPAIGN_SEED=${seed + at} CAMPAIGN_SCALE=0.00001: ${String(error)}`)
      }
      fault.remove()
      if (at % 1000 === 999) say(`${at + 1} of ${total}`)
    }
    await client.close()
    await sandbox.close()
    return { figures: { responses: total, ...counts }, failures }
  },
}
