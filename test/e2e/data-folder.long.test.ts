import assert from 'node:assert/strict'
import { appendFile, chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setUp } from './support/runner.ts'

const DATA = '.customerio-sync/connection'

test('a run refuses a data folder that every user can write, says how to fix it, and writes nothing', async (t) => {
  if (process.platform === 'win32') return
  const { folder, sync } = await setUp(t, { connection: { data_folder: 'shared' } })
  const shared = join(folder, 'shared')
  await writeFile(join(folder, 'victim'), 'precious\n')
  await mkdir(shared)
  await chmod(shared, 0o777)
  await symlink('../victim', join(shared, 'catalog.json'))
  for (const command of [['run'], ['state', 'reset'], ['resync', 'campaigns'], ['check']]) {
    const refused = await sync(command)
    assert.equal(refused.code, 2, refused.stdout + refused.stderr)
    assert.match(
      refused.stdout + refused.stderr,
      /The data folder \S+shared is writable by every user\.\s+Check its content, then run: chmod o-w \S+shared/,
    )
    assert.deepEqual(await readdir(shared), ['catalog.json'])
  }
  await chmod(shared, 0o775)
  assert.equal((await sync(['run'])).code, 0)
  assert.equal(await readFile(join(folder, 'victim'), 'utf8'), 'precious\n')
})

test('refuses a history and a lock that are links, and names the file to remove', async (t) => {
  const { folder, sync } = await setUp(t)
  await writeFile(join(folder, 'victim'), 'precious\n')
  await mkdir(join(folder, DATA), { recursive: true })
  await symlink('../../victim', join(folder, DATA, 'lock'))
  const locked = await sync(['run'])
  assert.equal(locked.code, 2)
  assert.match(
    locked.stderr,
    /connection\/lock is a symbolic link, but must be a regular file\.\n.*rm \S+lock/,
  )
  await mkdir(join(folder, DATA, 'history'), { recursive: true })
  await symlink('../../../victim', join(folder, DATA, 'history', 'runs-2025-01.jsonl'))
  for (const command of ['history', 'status']) {
    const refused = await sync([command])
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /runs-2025-01\.jsonl is a symbolic link/)
  }
  assert.equal(await readFile(join(folder, 'victim'), 'utf8'), 'precious\n')
})

test('each command reports damaged history lines once, and a run continues', async (t) => {
  const { folder, sync, record } = await setUp(t)
  assert.equal((await record()).code, 0)
  const [month = ''] = await readdir(join(folder, DATA, 'history'))
  const path = join(folder, DATA, 'history', month)
  await appendFile(path, '{"event":"ended","run":{"run_id":"x"}}\n\u0000\u0001\n')
  await appendFile(path, `${'['.repeat(3_000_000)}\n`)
  const warning = /^Warning: The history has 3 damaged lines; they are skipped\.$/m
  for (const command of [['history'], ['history', '--json'], ['status'], ['status', '--json']]) {
    const { code, stdout, stderr } = await sync(command)
    assert.equal(code, 0, stderr)
    assert.match(stderr, warning)
    if (command.includes('--json')) JSON.parse(stdout)
  }
  const again = await sync(['run'])
  assert.equal(again.code, 0)
  assert.match(
    again.stderr,
    /Warning \(customerio-sync\): The history has 3 damaged lines; they are skipped\./,
  )
  assert.doesNotMatch((await sync(['run'])).stderr, /damaged/)
})
