import assert from 'node:assert/strict'
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseConnection } from '../../../src/runner/connection/connection.ts'
import {
  isRunByAnother,
  readNotedPause,
  readSchedulerNote,
  SchedulerNotes,
  staysWithAnother,
} from '../../../src/runner/pause/scheduler-note.ts'
import { endBeforeFolders, temporaryFolder } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'

const BACKOFF = { since: 1000, until: 2000, failures: 1, fingerprint: 'first', exitStatus: 3 }

async function setUp(t: TestContext) {
  const folder = await temporaryFolder(t)
  const document = { source: { app_api_key: 'key-123456' } }
  const connection = parseConnection(document, join(folder, 'connection.json'), {})
  const path = join(connection.dataFolder, 'scheduler.json')
  return { connection, path, read: async () => readSchedulerNote(connection, Date.now()) }
}

test('a note says that this process runs the schedule, and its pause, until it is removed', async (t) => {
  const { connection, read } = await setUp(t)
  assert.equal(await read(), undefined)
  const notes = new SchedulerNotes({})
  notes.write(connection, undefined)
  notes.write(connection, BACKOFF)
  const note = await until(async () => (await read())?.backoff && read(), { what: 'the note' })
  assert.deepEqual(note, { isRunning: true, backoff: BACKOFF })
  notes.remove(connection)
  await notes.close()
  assert.equal(await read(), undefined)
})

test('a process on another machine runs while its note is new', async (t) => {
  const { connection, path, read } = await setUp(t)
  const notes = new SchedulerNotes({})
  notes.write(connection, undefined)
  await until(read, { what: 'the note' })
  const other = (await readFile(path, 'utf8')).replace('"host":"', '"host":"other-')
  await writeFile(path, other)
  assert.equal((await read())?.isRunning, true)
  assert.equal(await isRunByAnother(connection, Date.now()), true)
  const old = new Date(Date.now() - 600_000)
  await utimes(path, old, old)
  assert.equal((await read())?.isRunning, false)
  await notes.close()
  assert.equal((await read())?.isRunning, false, 'the note of another process stays')
})

test('a process that ended runs nothing, and a damaged note counts as none', async (t) => {
  const { connection, path, read } = await setUp(t)
  const notes = new SchedulerNotes({})
  notes.write(connection, BACKOFF)
  await until(read, { what: 'the note' })
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace(/"started":"[^"]*"/, '"started":"1"'))
  assert.deepEqual(await read(), { isRunning: false, backoff: BACKOFF })
  for (const damaged of ['', '{', '[]', '{"process":{"pid":"1"}}', 'null']) {
    await writeFile(path, damaged)
    assert.equal(await read(), undefined, damaged)
  }
  await notes.close()
})

test('a pause outlives its process, until the environment gives other settings', async (t) => {
  const { connection, path, read } = await setUp(t)
  const env = { PGPASSWORD: 'first-password', PATH: '/bin' }
  assert.equal(await readNotedPause(connection, env), undefined)
  const notes = new SchedulerNotes(env)
  notes.write(connection, BACKOFF)
  await notes.close()
  assert.deepEqual(await read(), { isRunning: false, backoff: BACKOFF })
  assert.deepEqual(await readNotedPause(connection, env), BACKOFF)
  assert.deepEqual(await readNotedPause(connection, { ...env, PATH: '/usr/bin' }), BACKOFF)
  const { source } = connection
  const others: [typeof connection, NodeJS.ProcessEnv][] = [
    [connection, { ...env, PGPASSWORD: 'second-password' }],
    [connection, { ...env, https_proxy: 'http://127.0.0.1:3128' }],
    [{ ...connection, source: { ...source, app_api_key: 'another-key' } }, env],
  ]
  for (const [changed, variables] of others)
    assert.equal(await readNotedPause(changed, variables), undefined)
  assert.doesNotMatch(await readFile(path, 'utf8'), /password|key-123456/)
})

test('a process touches its note, and restores one that another process took over and left', async (t) => {
  const { connection, path, read } = await setUp(t)
  const notes = new SchedulerNotes({}, { touchEveryMs: 10 })
  endBeforeFolders(t, () => notes.close())
  notes.write(connection, BACKOFF)
  const own = await until(async () => readFile(path, 'utf8').catch(() => ''), { what: 'the note' })
  assert.equal(await isRunByAnother(connection, Date.now()), false)
  const old = new Date(Date.now() - 600_000)
  await utimes(path, old, old)
  await until(async () => (await stat(path)).mtimeMs > old.getTime() + 1000, { what: 'a touch' })
  await rm(path)
  await until(read, { what: 'the restored note' })
  const replace = async (text: string) => {
    await writeFile(`${path}.test`, text)
    await rename(`${path}.test`, path)
  }
  await replace(own.replace(/"started":"[^"]*"/, '"started":"1"'))
  await until(async () => (await readFile(path, 'utf8')) === own, { what: 'our note' })
  await replace(own.replace('"host":"', '"host":"other-'))
  await notes.close()
  assert.equal(await isRunByAnother(connection, Date.now()), true)
})

test('a process that yields leaves the note of another one that runs', async (t) => {
  const { connection, path, read } = await setUp(t)
  const yielding = new SchedulerNotes({}, { yields: true, touchEveryMs: 10 })
  endBeforeFolders(t, () => yielding.close())
  yielding.write(connection, undefined)
  await until(read, { what: 'the note' })
  assert.match(await readFile(path, 'utf8'), /"yields":true/)
  const own = await readFile(path, 'utf8')
  const other = own.replace('"host":"', '"host":"other-')
  const replace = async (text: string) => {
    await writeFile(`${path}.test`, text)
    await rename(`${path}.test`, path)
  }
  await replace(other)
  assert.equal(await isRunByAnother(connection, Date.now()), true)
  assert.equal(await staysWithAnother(connection, Date.now()), false, 'that one yields')
  await replace(other.replace('"yields":true', '"yields":false'))
  assert.equal(await staysWithAnother(connection, Date.now()), true)
  yielding.write(connection, BACKOFF)
  yielding.remove(connection)
  yielding.write(connection, undefined)
  await yielding.close()
  assert.match(await readFile(path, 'utf8'), /"host":"other-/)
})

test('a process takes its note back from one that yields', async (t) => {
  const { connection, path } = await setUp(t)
  const notes = new SchedulerNotes({}, { touchEveryMs: 10 })
  endBeforeFolders(t, () => notes.close())
  notes.write(connection, undefined)
  const own = await until(async () => readFile(path, 'utf8').catch(() => ''), { what: 'the note' })
  const other = own.replace('"host":"', '"host":"other-').replace('"yields":false', '"yields":true')
  assert.notEqual(other, own)
  await writeFile(`${path}.test`, other)
  await rename(`${path}.test`, path)
  await until(async () => (await readFile(path, 'utf8')) === own, { what: 'our note' })
})

test('a restart ends the pause after an error that a restart can fix', async (t) => {
  const { connection, read } = await setUp(t)
  const notes = new SchedulerNotes({})
  const backoff = { ...BACKOFF, exitStatus: 2 }
  notes.write(connection, backoff)
  const note = await until(read, { what: 'the note' })
  assert.deepEqual(note.backoff, backoff)
  assert.equal(await readNotedPause(connection, {}), undefined)
  await notes.close()
  assert.equal(await read(), undefined)
})
