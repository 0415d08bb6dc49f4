/** How many campaigns the run after a killed one repeats before it has read the remaining ones. */

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { startSandbox, type Sandbox } from '../src/sandbox/api/server.ts'
import { isJsonObject, parseJson, printJson } from '../src/singer/json.ts'
import type { Bench, Figure } from './bench.ts'
import { measureTap } from './tap.ts'

const CAMPAIGNS = 500
const KILLED_AT = 0.9
const LATENCIES_MS = [100, 800]
const FIRST_PAGE = /\/campaigns\/\d+\/actions$/

/** The value of the last STATE in the output. */
async function lastStateOf(stdout: Readable): Promise<string | undefined> {
  let last: string | undefined
  for await (const line of createInterface({ input: stdout })) {
    if (line.startsWith('{"type":"STATE"')) last = line
  }
  const message = last === undefined ? null : parseJson(last)
  return isJsonObject(message) ? printJson(message['value']) : undefined
}

/** Paths of the first pages of actions requested since the last call, in order. */
function takeCampaigns(sandbox: Sandbox): string[] {
  const requests = sandbox.requests.splice(0)
  return requests.map(({ target }) => target).filter((path) => FIRST_PAGE.test(path))
}

/**
 * Campaigns that the second run requested again before it had requested all remaining ones.
 */
async function countRepeated(latencyMs: number): Promise<number> {
  const world = { campaigns: CAMPAIGNS, examples: false }
  const sandbox = await startSandbox({ world, latency: { fixedMs: latencyMs } })
  const settings = { app_api_key: sandbox.apiKey, api_url: sandbox.url }
  const stdio = ['ignore', 'pipe', 'ignore'] as const
  let state: Promise<string | undefined> = Promise.resolve(undefined)
  try {
    await measureTap({
      settings,
      stdio: [...stdio],
      onStart: (child) => {
        if (child.stdout) state = lastStateOf(child.stdout)
        const act = () => void child.kill('SIGKILL')
        sandbox.hooks.add({ match: FIRST_PAGE, after: CAMPAIGNS * KILLED_AT, times: 1, act })
      },
    })
    const killed = new Set(takeCampaigns(sandbox))
    const lastState = await state
    if (lastState === undefined) throw new Error('the killed run wrote no STATE')
    const { code } = await measureTap({ settings, state: lastState })
    if (code !== 0) throw new Error(`the tap ended with status ${code}`)
    const next = takeCampaigns(sandbox)
    const all = new Set([...killed, ...next])
    if (all.size !== CAMPAIGNS) throw new Error(`${all.size} campaigns were read in total`)
    if (next.length !== CAMPAIGNS) throw new Error(`the next run read ${next.length} campaigns`)
    const untilComplete = next.findLastIndex((path) => !killed.has(path)) + 1
    return next.slice(0, untilComplete).filter((path) => killed.has(path)).length
  } finally {
    await sandbox.close()
  }
}

export const RESUME: Bench = {
  name: 'resume',
  title: `A run of ${CAMPAIGNS} campaigns, killed at ${KILLED_AT * 100} % of them and resumed`,
  run: async () =>
    Promise.all(
      LATENCIES_MS.map(async (latencyMs): Promise<Figure> => {
        const repeated = await countRepeated(latencyMs)
        return {
          what: `campaigns read again, ${latencyMs} ms latency`,
          measured: (repeated / CAMPAIGNS) * 100,
          unit: '%',
          atMost: 2,
          note: `${repeated} of ${CAMPAIGNS}`,
        }
      }),
    ),
}
