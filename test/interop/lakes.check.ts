/** A lake in an object store, read by Python's DuckDB while it is loaded, and with failures. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUCKET, KEYS, startStore } from './lakes/moto.ts'
import { FIRST_SCHEMA, makeSteps, STEP_ROWS, type Step } from './lakes/input.ts'
import { storedLake, type StoredLake } from './lakes/lake.ts'
import { watchLake, type Sight } from './lakes/watch.ts'
import { noteResult } from './results.ts'
import { assertNoSecrets } from '../support/secrets.ts'
import { passing, startProxy, type Treatment } from '../support/network/tcp-proxy.ts'
import { collect, run, start, type Finished } from '../support/programs.ts'
import { until } from '../support/wait.ts'

const ARGS = ['--config', 'ENV']
const SETTINGS = {
  TARGET_WAREHOUSE_BATCH_SIZE_ROWS: String(STEP_ROWS),
  TARGET_WAREHOUSE_HARD_DELETE: 'true',
}

/** Runs the target until it exits. */
async function load(env: Record<string, string>, stdin: string): Promise<Finished> {
  const finished = await run('target-warehouse', {
    args: ARGS,
    env: { ...env, ...SETTINGS },
    stdin,
  })
  assertNoSecrets([KEYS.secret], Object.entries({ output: finished.stdout + finished.stderr }))
  return finished
}

function textOf(steps: readonly Step[]): string {
  return steps.map(({ text }) => text).join('')
}

function printedSteps(stdout: string): number[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { step: number }).step)
}

/** The rows of each sight are those that its ledger counts, no STATE is ahead, none goes back. */
function assertSights(sights: readonly Sight[], steps: readonly Step[]): void {
  let last = 0
  for (const { step, loaded, load: number, count, digest, steady = true } of sights) {
    const at = loaded / STEP_ROWS - 1
    // The last step is two commits: its rows, and the newer version with the last STATE.
    const isBefore = at === steps.length - 1 && step < at
    const expected = steps[at]
    assert.ok(expected && step <= at, `step ${step} after ${loaded} rows`)
    const found = { count, digest }
    const wanted = isBefore ? expected.before : expected.after
    assert.deepEqual(found, wanted, `step ${step} after ${loaded} rows`)
    assert.ok(number >= last, `load ${number} after load ${last}`)
    assert.ok(steady, 'a commit was seen in the middle of a transaction')
    last = number
  }
}

/** What the lake holds, as another program reads it. Returns how many rows the ledger counts. */
async function assertHolds(
  context: Parameters<typeof watchLake>[0],
  { lake, port, rows }: { lake: StoredLake; port: number; rows: Step['rows'] | undefined },
): Promise<{ loaded: number; step: number }> {
  const found = await watchLake(context, lake.reader(port)).finish()
  assert.deepEqual(found.rows, rows)
  return found
}

test('another reader sees only states between commits, and at the end every row and value', async (t) => {
  const store = await startStore(t)
  const lake = await storedLake(t)
  const steps = makeSteps()
  const child = start('target-warehouse', {
    args: ARGS,
    env: { ...lake.env(store.port), ...SETTINGS },
  })
  const finished = collect(child)
  let printed = ''
  child.stdout.on('data', (chunk: string) => (printed += chunk))
  const hasPrinted = (step: number) => printedSteps(printed).includes(step)
  // A STATE that follows a full batch is committed with the next one.
  child.stdin.write(textOf(steps.slice(0, 2)))
  await until(() => child.exitCode !== null || hasPrinted(0), { what: 'the second commit' })
  const watcher = watchLake(t, lake.reader(store.port))
  for (const [at, { text }] of steps.entries()) {
    if (at < 2) continue
    // The target commits a step while the reader is still looking for the one before it.
    const loaded = (at - 1) * STEP_ROWS
    await watcher.untilSeen((sight) => sight.loaded >= loaded, `${loaded} rows`)
    child.stdin.write(text)
  }
  child.stdin.end()
  const { code, stdout, stderr } = await finished
  assert.equal(code, 0, stderr)
  await watcher.untilSeen(({ step }) => step === steps.length - 1, 'the last STATE')
  const { rows, type } = await watcher.finish()
  const sights = watcher.sights()
  assertSights(sights, steps)
  assert.ok(new Set(sights.map(({ loaded }) => loaded)).size >= steps.length / 2)
  assert.deepEqual(rows, steps.at(-1)?.rows)
  assert.equal(type, 'VARCHAR')
  assert.deepEqual(printedSteps(stdout).at(-1), steps.length - 1)
  assert.ok((await lake.countFiles()) > 0, 'no data file is in the object store')
  const outcome = 'a lake of DuckLake while it is loaded: only whole commits, every row and value'
  await noteResult('duckdb', { kind: 'read', outcome })
})

/** Lets half of an upload's data pass, then resets the connection: the given number of times. */
function cutUploads(times: number) {
  let cuts = 0
  const toServer = (): Treatment => {
    let isUpload = false
    return (chunk) => {
      isUpload ||= /^PUT \S+\.parquet/.test(chunk.toString('latin1'))
      if (!isUpload || cuts >= times) return passing(chunk)
      cuts++
      return [{ bytes: chunk.subarray(0, chunk.length / 2), ending: 'reset' }]
    }
  }
  return { toServer, cuts: () => cuts }
}

for (const [times, what, hasRetried] of [
  [1, 'one upload is cut', false],
  [8, 'uploads are cut again and again', true],
] as const) {
  test(`every row arrives once when ${what}`, async (t) => {
    const store = await startStore(t)
    const { cuts, toServer } = cutUploads(times)
    const proxy = await startProxy({ port: store.port, toServer })
    t.after(() => proxy.close())
    const lake = await storedLake(t)
    const steps = makeSteps()
    const { code, stdout, stderr } = await load(lake.env(proxy.port), textOf(steps))
    assert.equal(code, 0, stderr)
    assert.equal(cuts(), times)
    // DuckDB itself sends a request again a few times.
    assert.equal(/A commit failed and is retried/.test(stderr), hasRetried, stderr)
    assert.equal(printedSteps(stdout).at(-1), steps.length - 1)
    const rows = steps.at(-1)?.rows
    const { loaded } = await assertHolds(t, { lake, port: store.port, rows })
    assert.equal(loaded, steps.length * STEP_ROWS)
    if (hasRetried) {
      const outcome = 'a lake of DuckLake; cut uploads and a lost store cost no row'
      await noteResult('moto', { kind: 'stored', outcome })
    }
  })
}

test('a store that stays away ends the load with 5; the next load completes it', async (t) => {
  const store = await startStore(t)
  const lake = await storedLake(t)
  const steps = makeSteps()
  let isDown = false
  const toServer = (): Treatment => (chunk) => (isDown ? [{ ending: 'reset' }] : passing(chunk))
  const proxy = await startProxy({ port: store.port, toServer })
  t.after(() => proxy.close())
  const env = { ...lake.env(proxy.port), ...SETTINGS }
  const child = start('target-warehouse', { args: ARGS, env })
  const finished = collect(child)
  child.stdin.write(textOf(steps.slice(0, 4)))
  child.stdout.on('data', (chunk: string) => {
    if (isDown || !printedSteps(chunk).includes(2)) return
    isDown = true
    child.stdin.end(textOf(steps.slice(4)))
  })
  const { code, stdout, stderr } = await finished
  assert.equal(code, 5, stderr)
  assert.match(
    stderr,
    /CRITICAL DuckLake refused a batch \(.*HTTP PUT.*`data_path`.*AWS_ENDPOINT_URL.* Run again\..*code=CONNECTION_FAILED/,
  )
  assert.deepEqual(printedSteps(stdout), [0, 1, 2])
  // The rows of the fourth step were committed before its STATE.
  const before = await assertHolds(t, { lake, port: store.port, rows: steps[3]?.rows })
  assert.equal(before.step, 2)
  isDown = false
  const next = await load(lake.env(proxy.port), FIRST_SCHEMA + textOf(steps.slice(3)))
  assert.equal(next.code, 0, next.stderr)
  const after = await assertHolds(t, { lake, port: store.port, rows: steps.at(-1)?.rows })
  assert.equal(after.step, steps.length - 1)
})

test('a missing bucket and unknown keys end with 5 and name the settings to check', async (t) => {
  const store = await startStore(t)
  const guarded = await startStore(t, { isGuarded: true })
  const text = textOf(makeSteps().slice(0, 1))
  for (const [port, bucket, hint] of [
    [store.port, 'nowhere', /Create the bucket, or correct `data_path`.*AWS_REGION/],
    [guarded.port, BUCKET, /Check the keys for `data_path`.*AWS_ACCESS_KEY_ID/],
  ] as const) {
    const lake = await storedLake(t)
    const { code, stdout, stderr } = await load(lake.env(port, bucket), text)
    assert.equal(code, 5, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, /^CRITICAL DuckLake refused a batch .*code=WAREHOUSE_FAILED$/m)
    assert.match(stderr, hint)
    assert.doesNotMatch(stderr, /is retried/)
  }
})
