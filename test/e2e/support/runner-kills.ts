/**
 * Kills the runner, its tap or its target at a random moment of a run, and checks what must hold
 * afterwards.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { History } from '../../../src/runner/history/history.ts'
import { editCampaign, editNewsletter, insertCampaign } from '../../../src/sandbox/edits.ts'
import { editAction, insertAction } from '../../../src/sandbox/action-edits.ts'
import { delayed } from '../../../src/sandbox/api/answers.ts'
import { seededRandom, pick, type Random } from '../../../src/sandbox/random.ts'
import { startSandbox, type Sandbox } from '../../../src/sandbox/api/server.ts'
import { actionsOf, type World } from '../../../src/sandbox/world.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { collect, run, start, writeJson, type Finished } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'
import { query, SCHEMA, STREAMS } from './connection.ts'
import { sorted, truthOf } from './truth.ts'

const VICTIMS = ['customerio-sync', 'tap-customerio', 'target-warehouse'] as const
type Victim = (typeof VICTIMS)[number]

const WORLD = { newsletters: 130, campaigns: 12, actionsPerCampaign: [1, 6], seed: 3 } as const
/** Longest time that a child may outlive its runner or the other program, on an idle machine. */
const MAX_ORPHAN_MS = 1500

export interface KillStats {
  /** Kills of a process that was still running, by program. */
  hits: Record<Victim, number>
  missed: number
  /** How long children outlived the kill, in milliseconds. */
  orphanMs: number[]
  failures: string[]
}

interface Child {
  pid: number
  name: Victim
}

/** Child processes of a process, from /proc. */
function childrenOf(parent: number | undefined): Child[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (Number(ppid) !== parent || state === 'Z') return []
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      const name = VICTIMS.find((victim) => command.includes(`${victim}.js`))
      return name ? [{ pid: Number(pid), name }] : []
    } catch {
      return [] // ended meanwhile
    }
  })
}

function isAlive({ pid, name }: Child): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return false
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${name}.js`)
  } catch {
    return false
  }
}

/**
 * Waits until all of them have ended and returns how long that took. Kills the rest after the limit
 * and returns Infinity.
 */
async function waitForEnd(children: readonly Child[]): Promise<number> {
  const began = performance.now()
  const haveEnded = () => !children.some(isAlive)
  try {
    await until(haveEnded, { what: 'the children to end', idleMs: MAX_ORPHAN_MS })
    return performance.now() - began
  } catch {
    for (const { pid } of children.filter(isAlive)) process.kill(pid, 'SIGKILL')
    return Number.POSITIVE_INFINITY
  }
}

function edit(world: World, random: Random, round: number): void {
  world.now = Date.now
  editNewsletter(world, Number(pick(random, world.newsletters)['id']), { name: `Round ${round}` })
  const campaignId = Number(pick(random, world.campaigns)['id'])
  editCampaign(world, campaignId, { name: `Round ${round}` })
  const actionId = actionsOf(world, campaignId)[0]?.['id']
  if (typeof actionId === 'string')
    editAction(world, { campaignId, actionId }, { subject: `Round ${round}` })
  if (round % 10 === 0) insertAction(world, Number(insertCampaign(world)['id']))
}

interface KilledRun {
  /** Undefined when the run ended before the kill. */
  victim: Victim | undefined
  finished: Finished
}

class Killing {
  readonly stats: KillStats = {
    hits: { 'customerio-sync': 0, 'tap-customerio': 0, 'target-warehouse': 0 },
    missed: 0,
    orphanMs: [],
    failures: [],
  }
  readonly #sandbox: Sandbox
  readonly #folder: string
  readonly #random: Random
  /** How long a whole run takes: kills happen at any time within it. */
  #runMs = 3000

  constructor(sandbox: Sandbox, folder: string, random: Random) {
    this.#sandbox = sandbox
    this.#folder = folder
    this.#random = random
  }

  async round(round: number): Promise<void> {
    edit(this.#sandbox.world, this.#random, round)
    const killed = await this.#killedRun()
    await this.#checkHistory(killed, round)
    const began = performance.now()
    const { code, stderr } = await run('customerio-sync', { args: ['run'], cwd: this.#folder })
    this.#runMs = 0.7 * this.#runMs + 0.3 * (performance.now() - began)
    if (code !== 0) this.#fail(round, `the run after the kill ended with ${code}: ${stderr}`)
    await this.#checkWarehouse(round)
  }

  #fail(round: number, what: string): void {
    this.stats.failures.push(`round ${round}: ${what}`)
  }

  async #killedRun(): Promise<KilledRun> {
    const child = start('customerio-sync', { args: ['run', '--json'], cwd: this.#folder })
    child.stdin.end()
    const finished = collect(child)
    // Not a wait: the kill comes at a random moment of the run.
    await sleep(this.#random() * this.#runMs)
    const children = childrenOf(child.pid)
    const self = { pid: child.pid ?? 0, name: 'customerio-sync' as const }
    const hit = child.exitCode === null ? pick(this.#random, [self, ...children]) : undefined
    if (hit) {
      process.kill(hit.pid, 'SIGKILL')
      this.stats.hits[hit.name]++
      const limit = await waitForEnd(children)
      this.stats.orphanMs.push(limit)
      if (limit === Number.POSITIVE_INFINITY)
        this.stats.failures.push(`a child outlived the kill of ${hit.name}`)
    } else this.stats.missed++
    return { victim: hit?.name, finished: await finished }
  }

  async #checkHistory({ victim, finished }: KilledRun, round: number): Promise<void> {
    const history = new History(join(this.#folder, '.customerio-sync', 'connection'))
    const [entry] = await history.newest(1)
    if (victim === 'customerio-sync') {
      // A kill before the first line or after the last one leaves no crashed run.
      const isValid = !entry || entry.run.outcome === 'crashed' || !entry.isOpen
      if (!isValid || entry?.isRunning) this.#fail(round, 'a killed runner is not shown as crashed')
      return
    }
    const recorded = entry?.run
    if (!recorded || recorded.exit_status !== finished.code)
      return this.#fail(
        round,
        `ended with ${finished.code}, but the history says ${recorded?.exit_status}`,
      )
    if ((recorded.outcome === 'succeeded') !== (finished.code === 0))
      this.#fail(round, `${recorded.outcome} with status ${finished.code}`)
    if (
      victim &&
      finished.code !== 0 &&
      !recorded.error?.message.includes(`${victim} was ended by SIG`)
    )
      this.#fail(round, `${victim} was killed, but the history says ${recorded.error?.message}`)
  }

  async #checkWarehouse(round: number): Promise<void> {
    for (const stream of STREAMS) {
      const rows = await query(
        join(this.#folder, 'warehouse.duckdb'),
        `select columns(name -> not starts_with(name, '_sdc_')) from ${SCHEMA}.cio_${stream}`,
      )
      const expected: JsonObject[] = truthOf(this.#sandbox.world, stream)
      if (!isDeepStrictEqual(sorted(rows), expected))
        this.#fail(round, `${stream} does not match the workspace`)
    }
  }
}

/** In each round, edits the workspace, kills one process of a run, and completes a second run. */
export async function killRuns(
  options: { rounds: number; seed: number },
  onRound: (round: number) => void = () => undefined,
): Promise<KillStats> {
  const sandbox = await startSandbox({
    rate: { perSecond: Number.POSITIVE_INFINITY },
    world: WORLD,
    paging: { newsletterMaxLimit: 20, actionLimit: 3 },
  })
  sandbox.faults.add({ respond: delayed(15) })
  const folder = await mkdtemp(join(tmpdir(), 'runner-kills-'))
  try {
    await writeJson(folder, 'connection.json', {
      source: { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 },
      destination: {
        default_target_schema: SCHEMA,
        table_prefix: 'cio_',
        batch_wait_limit_seconds: 0.2,
      },
    })
    const killing = new Killing(sandbox, folder, seededRandom(options.seed))
    for (let round = 1; round <= options.rounds; round++) {
      await killing.round(round)
      onRound(round)
    }
    return killing.stats
  } finally {
    await sandbox.close()
    await rm(folder, { recursive: true, force: true })
  }
}
