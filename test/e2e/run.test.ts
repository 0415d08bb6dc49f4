import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { delayed } from '../../src/sandbox/api/answers.ts'
import { editNewsletter } from '../../src/sandbox/edits.ts'
import { childrenOf, collect, start } from '../support/programs.ts'
import { query } from './support/connection.ts'
import { setUp } from './support/runner.ts'
import { until } from '../support/wait.ts'

test('a run loads the workspace, and the next one resumes from the bookmarks in the warehouse', async (t) => {
  const { sandbox, database, record } = await setUp(t, { source: { lookback_seconds: 0 } })
  const first = await record()
  assert.equal(first.code, 0)
  assert.deepEqual(
    [first.record.outcome, first.record.exit_status, first.record.error, first.record.trigger],
    ['succeeded', 0, null, 'manual'],
  )
  const { newsletters, campaigns } = sandbox.world
  assert.deepEqual(
    first.record.streams.slice(0, 2).map(({ rows_read, rows_loaded }) => [rows_read, rows_loaded]),
    [newsletters, campaigns].map(({ length }) => [length, length]),
  )
  assert.equal(first.record.requests, sandbox.requests.length)
  const [counts] = await query(database, 'select count(*) as rows from marketing.cio_newsletters')
  assert.deepEqual(counts, { rows: newsletters.length })

  editNewsletter(sandbox.world, Number(newsletters[0]?.['id']), { name: 'Edited' })
  const second = await record()
  const [before, after] = [first.record.streams[0], second.record.streams[0]]
  assert.equal(after?.bookmark_before, before?.bookmark_after)
  assert.ok(String(after?.bookmark_after) > String(after?.bookmark_before))
  assert.ok((after?.rows_loaded ?? 0) < newsletters.length)
})

test('a refused key fails the run with 3, and the record names the program and the error code', async (t) => {
  const { record } = await setUp(t, { source: { app_api_key: 'wrong-key' } })
  const { code, record: failed } = await record()
  assert.equal(code, 3)
  assert.deepEqual([failed.outcome, failed.exit_status], ['failed', 3])
  assert.equal(failed.error?.program, 'tap-customerio')
  assert.equal(failed.error?.code, 'UNAUTHORIZED')
})

test('a run that cannot write its files fails with the reason in its record', async (t) => {
  const { folder, record } = await setUp(t)
  await mkdir(join(folder, '.customerio-sync/connection/catalog.json'), { recursive: true })
  const { code, record: failed } = await record()
  assert.equal(code, 2)
  assert.deepEqual([failed.outcome, failed.error?.code], ['failed', 'CONFIG_INVALID'])
  assert.match(failed.error?.message ?? '', /is not writable \(EISDIR\)/)
})

async function hasEnded(pid: string): Promise<boolean> {
  return / Z /.test((await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\)/s, ''))
}

test('a runner that is suspended while both programs succeed reports a success', async (t) => {
  const { folder, sandbox } = await setUp(t)
  sandbox.faults.add({ match: /\/actions/, times: 1, respond: delayed(1000) })
  const runner = start('customerio-sync', { args: ['run', '--json'], cwd: folder })
  const finished = collect(runner)
  await until(() => sandbox.requests.some(({ path }) => path.endsWith('/actions')), {
    what: 'the first actions',
  })
  runner.kill('SIGSTOP')
  const pids = await childrenOf(runner.pid ?? 0)
  assert.equal(pids.length, 2)
  for (const pid of pids) await until(async () => hasEnded(pid), { what: `process ${pid} to end` })
  runner.kill('SIGCONT')
  const { code, stdout } = await finished
  assert.equal(code, 0, stdout)
})
