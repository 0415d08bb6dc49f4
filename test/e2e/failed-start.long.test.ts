import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { History } from '../../src/runner/history/history.ts'
import { childrenOf, collect, start } from '../support/programs.ts'
import { setUp, type RunnerSetup } from './support/runner.ts'
import { TICK_FAR_AWAY } from './support/started.ts'
import { bounded } from '../support/wait.ts'

const PRELOAD = fileURLToPath(new URL('support/failing-spawn.js', import.meta.url))
/**
 * Kills a command that hangs; its status is then 137. No machine is slow enough to need that long.
 */
const HANGS_MS = bounded(9000)

/**
 * Which call of a command fails to start: the command, and a pattern for the arguments of the
 * program.
 */
const CALLS = {
  'the tap of a run': [['run'], 'tap-customerio.*--catalog'],
  'the target of a run': [['run'], 'target-warehouse.js.*--start-state'],
  'the first query to the target': [['run'], '--run-start'],
  'the tables of a check': [['check'], '--run-start'],
  'the target of a dry run': [['run', '--dry-run'], '--run-start'],
  'the tap of a check': [['check'], 'tap-customerio.*--test'],
  'the target of a check': [['check'], 'target-warehouse.*--test'],
  'the target of state get': [['state', 'get'], '--last-state'],
  'the target of state reset': [['state', 'reset'], 'target-warehouse.js.*--after-load'],
} as const

async function failing({ folder }: RunnerSetup, args: readonly string[], fail: string) {
  const child = start('customerio-sync', {
    args,
    cwd: folder,
    env: { FAIL_SPAWN: fail },
    nodeArgs: ['--import', PRELOAD],
    timeoutMs: HANGS_MS,
  })
  child.stdin.end()
  return collect(child)
}

for (const code of ['ENOMEM', 'EMFILE', 'E2BIG', 'EACCES', 'ENOENT', 'EAGAIN']) {
  test(`a program that cannot start (${code}) fails the run with the reason and ends the other program`, async (t) => {
    if (process.platform !== 'linux') return
    const setup = await setUp(t)
    const history = new History(join(setup.folder, '.customerio-sync/connection'))
    for (const what of ['the tap of a run', 'the target of a run'] as const) {
      const [args, pattern] = CALLS[what]
      const name = what.includes('tap') ? 'tap-customerio' : 'target-warehouse'
      const ended = await failing(setup, args, `${code} ${pattern}`)
      assert.equal(ended.code, 1, `${what}: ${ended.stdout}${ended.stderr}`)
      assert.match(ended.stderr, new RegExp(`${name} could not be started \\(${code}\\)\\.`), what)
      const [last] = await history.newest(1)
      assert.deepEqual(
        [last?.run.outcome, last?.run.error?.code, last?.isOpen],
        ['failed', 'PROGRAM_NOT_STARTED', false],
        what,
      )
    }
    // The lock and the warehouse are free again.
    assert.equal((await setup.record()).code, 0)
  })
}

test('every command reports why one of its programs cannot start', async (t) => {
  if (process.platform !== 'linux') return
  const setup = await setUp(t)
  for (const [what, [args, pattern]] of Object.entries(CALLS)) {
    for (const code of ['ENOMEM', 'EMFILE']) {
      const ended = await failing(setup, args, `${code} ${pattern}`)
      assert.equal(ended.code, 1, `${what}: ${ended.stdout}${ended.stderr}`)
      const said = `${ended.stdout}${ended.stderr}`
      assert.match(said, new RegExp(`could not be started \\(${code}\\)\\.`), what)
      assert.doesNotMatch(said, /Unexpected/, what)
    }
  }
  assert.equal((await setup.record()).code, 0)
})

test('start records a run whose tap cannot start, leaves no process, and keeps running', async (t) => {
  if (process.platform !== 'linux') return
  const setup = await setUp(t, { connection: { schedule: TICK_FAR_AWAY } })
  assert.equal((await setup.record()).code, 0)
  // Makes the last run old, so that a tick is due at once.
  const month = new Date().toISOString().slice(0, 7)
  const path = join(setup.folder, '.customerio-sync/connection/history', `runs-${month}.jsonl`)
  await writeFile(path, (await readFile(path, 'utf8')).replaceAll(/"20\d\d-/g, '"2025-'))
  const child = start('customerio-sync', {
    args: ['start', '--json'],
    cwd: setup.folder,
    env: { FAIL_SPAWN: 'ENOMEM tap-customerio.*--catalog' },
    nodeArgs: ['--import', PRELOAD],
    timeoutMs: HANGS_MS,
  })
  let left: Promise<string[]> | undefined
  child.stdout.on('data', (chunk: Buffer) => {
    if (left || !chunk.toString().includes('could not be started')) return
    left = childrenOf(child.pid ?? 0).finally(() => child.kill('SIGTERM'))
  })
  const ended = await collect(child)
  assert.equal(ended.code, 143, ended.stdout + ended.stderr)
  assert.deepEqual(await left, [])
  assert.match(ended.stdout, /tap-customerio could not be started \(ENOMEM\)/)
})
