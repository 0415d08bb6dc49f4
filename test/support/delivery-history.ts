/**
 * A random history of deliveries, and of runs of the tap that pause for weeks or are killed. After
 * each run the target must hold everything that the marks in the state claim to have been read.
 */

import {
  appearLate,
  deleteDelivery,
  deliver,
  sendDraft,
} from '../../src/sandbox/deliveries/edits.ts'
import { deliveryRows } from '../../src/sandbox/deliveries/row.ts'
import { createWorld } from '../../src/sandbox/generate.ts'
import { startSandbox, type Sandbox } from '../../src/sandbox/api/server.ts'
import { between, pick, seededRandom, type Random } from '../../src/sandbox/random.ts'
import { idText, type World } from '../../src/sandbox/world.ts'
import { isJsonObject, type JsonObject } from '../../src/singer/json.ts'
import { bookmarkOf } from '../../src/singer/state.ts'
import { definitionOf } from '../../src/streams/index.ts'
import { ageSeconds } from '../../src/tap/windows/ages.ts'
import { runStreams, Tables } from './stream-runs.ts'

const START = 1_750_000_000
const [HOUR, DAY] = [3600, 86_400]
const LAST_AGE = 180 * DAY
const REACTIONS = ['opened', 'human_opened', 'clicked', 'converted', 'unsubscribed', 'link:1']

const messages = definitionOf('messages')
const AGES = messages.kind === 'windows' ? messages.window.ages : []

export interface HistoryFigures {
  runs: number
  kills: number
  deliveries: number
  requests: number
  checks: number
}

interface History {
  sandbox: Sandbox
  random: Random
  now: number
  state: JsonObject
  tables: Tables
  drafts: { id: string; sendAt: number }[]
  /** Rows that appear in lists only after they were read there once, or vanished. */
  unusual: Set<string>
  figures: HistoryFigures
}

/** Seconds after which a person reacts: mostly minutes, sometimes months. */
function reactionDelay(random: Random): number {
  const longest = pick(random, [HOUR, DAY, 30 * DAY, LAST_AGE - DAY])
  return between(random, 1, longest)
}

function metricsOf(random: Random, created: number): JsonObject {
  const sent = created + between(random, 0, 20)
  const reactions = REACTIONS.filter(() => random() < 0.25)
  const times = reactions.map((name) => [name, sent + reactionDelay(random)] as const)
  return { sent, delivered: sent + 1, ...Object.fromEntries(times) }
}

function addDeliveries(history: History, since: number): void {
  const { random, sandbox, now } = history
  const { world } = sandbox
  for (let left = between(random, 0, 8); left > 0; left--) {
    const created = between(random, since, now)
    const kind = random()
    if (kind < 0.08 && created < now) {
      const row = appearLate(world, created, { metrics: metricsOf(random, created) })
      history.unusual.add(idText(row['id']))
    } else if (kind < 0.16) {
      const { id } = deliver(world, { created, draft: true })
      history.drafts.push({ id: idText(id), sendAt: now + between(random, 1, 90 * DAY) })
      history.unusual.add(idText(id))
    } else deliver(world, { created, metrics: metricsOf(random, created) })
    history.figures.deliveries++
  }
}

function sendDrafts(history: History, isLast: boolean): void {
  const isDue = ({ sendAt }: { sendAt: number }) => sendAt <= history.now || isLast
  for (const { id } of history.drafts.filter(isDue)) sendDraft(history.sandbox.world, id)
  history.drafts = history.drafts.filter((draft) => !isDue(draft))
}

/** One run, which may be killed after any message. */
async function run(history: History, canKill: boolean): Promise<void> {
  const { sandbox, random, state } = history
  sandbox.requests.length = 0
  const { messages: all, error } = await runStreams(sandbox, ['messages'], {
    state,
    stateIntervalMs: 0,
  })
  if (error) throw error
  const isKilled = canKill && random() < 0.3
  const seen = isKilled ? all.slice(0, between(random, 1, all.length)) : all
  const last = seen.findLast((message) => message.type === 'STATE')
  if (last?.type === 'STATE') history.state = last.value
  history.tables.load(seen)
  history.figures.runs++
  if (isKilled) history.figures.kills++
  history.figures.requests += sandbox.requests.length
}

/** Up to which age a row was read, according to the state. */
function ageRead(state: JsonObject, created: number): number | undefined {
  const { ages = {} } = bookmarkOf(state, 'messages', 'created')
  const read = AGES.filter((age) => (ages[age] ?? 0) >= created * 1000)
  const last = read.at(-1)
  return last === undefined ? undefined : ageSeconds(last)
}

function metricsIn(row: JsonObject | undefined): JsonObject {
  const metrics = row?.['metrics']
  return isJsonObject(metrics) ? metrics : {}
}

/** What is lost in the target: a row, or a metric that a read at its age must have seen. */
function* lostIn(history: History, isComplete: boolean): Generator<string> {
  const rows = history.tables.rows('messages')
  for (const row of deliveryRows(history.sandbox.world)) {
    const { id, created } = row
    const loaded = rows.get(idText(id))
    const age = isComplete ? Infinity : ageRead(history.state, Number(created))
    if (age === undefined || (!isComplete && history.unusual.has(idText(id)))) continue
    history.figures.checks++
    if (!loaded) yield `${idText(id)} is missing`
    const known = metricsIn(loaded)
    for (const [name, time] of Object.entries(metricsIn(row)))
      if (Number(time) <= Number(created) + age && known[name] !== time)
        yield `${name} of ${idText(id)} is ${JSON.stringify(known[name])}, not ${JSON.stringify(time)}`
  }
}

function vanish(history: History): void {
  const { world } = history.sandbox
  const rows = deliveryRows(world)
  if (rows.length > 0) deleteDelivery(world, idText(pick(history.random, rows)['id']))
}

function pauseSeconds(random: Random): number {
  return pick(random, [900, HOUR, DAY, 7 * DAY, between(random, 1, 40 * DAY)])
}

function assertNothingLost(history: History, isComplete: boolean): void {
  const lost = [...lostIn(history, isComplete)]
  if (lost.length > 0) throw new Error(`lost: ${lost.slice(0, 3).join('; ')}`)
}

async function play(history: History): Promise<void> {
  const { random, sandbox } = history
  for (let steps = between(random, 3, 9); steps > 0; steps--) {
    const since = history.now
    history.now += pauseSeconds(random)
    addDeliveries(history, since)
    sendDrafts(history, false)
    if (random() < 0.2) vanish(history)
    await run(history, true)
    assertNothingLost(history, false)
  }
  sendDrafts(history, true)
  history.now += LAST_AGE + DAY
  await run(history, false)
  assertNothingLost(history, true)
  const rows = deliveryRows(sandbox.world).length
  if (rows > history.tables.count('messages')) throw new Error('lost: rows')
}

function emptyWorld(now: () => number): World {
  return createWorld({ examples: false, now })
}

/** Plays one history. Throws for anything that is lost. */
export async function playHistory(seed: number): Promise<HistoryFigures> {
  const random = seededRandom(seed)
  const figures = { runs: 0, kills: 0, deliveries: 0, requests: 0, checks: 0 }
  const world = emptyWorld(() => START * 1000)
  const messageMaxLimit = pick(random, [2, 7, 1000])
  const sandbox = await startSandbox({
    rate: { perSecond: Number.POSITIVE_INFINITY },
    world,
    paging: { messageMaxLimit, messageSort: pick(random, ['asc', 'desc']) },
  })
  const tables = new Tables()
  const history: History = {
    sandbox,
    random,
    tables,
    figures,
    now: START,
    state: {},
    drafts: [],
    unusual: new Set(),
  }
  world.now = () => history.now * 1000
  try {
    await play(history)
  } finally {
    await sandbox.close()
  }
  return figures
}
