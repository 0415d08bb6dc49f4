import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { AppError } from '../../../src/errors.ts'
import type { Connection } from '../../../src/runner/connection/connection.ts'
import {
  createDataFile,
  readDataText,
  replaceDataFile,
} from '../../../src/runner/connection/data-file.ts'
import {
  prepareFolder,
  tryDataFolder,
  writeDataFile,
} from '../../../src/runner/connection/data-folder.ts'
import { History } from '../../../src/runner/history/history.ts'
import { lockPathIn, readLock, takeRunLock } from '../../../src/runner/lock/lock.ts'
import { readDeliveryState, writeDeliveryState } from '../../../src/runner/notify/delivery-state.ts'
import { MINUTE_MS } from '../../../src/time.ts'
import { temporaryFolder } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'
import { recordOf } from '../../support/network/webhook-receiver.ts'

const PRECIOUS = 'precious\n'
const OTHER_UID = 65_534
const QUIET = { isFailing: false, isStale: false, pendingEvents: [], since: null }
const signal = new AbortController().signal

/** A private folder, and a file outside of it that must not change. */
async function scene(t: TestContext) {
  const root = await temporaryFolder(t)
  const victim = join(root, 'victim')
  await writeFile(victim, PRECIOUS)
  const folder = join(root, 'data')
  await prepareFolder(folder)
  return { root, folder, victim, connection: { dataFolder: folder } as Connection }
}

test('creates a private folder, and accepts one that only its owner and a group can write', async (t) => {
  const { folder } = await scene(t)
  assert.equal((await lstat(folder)).mode & 0o777, 0o700)
  for (const mode of [0o755, 0o775, 0o2775, 0o770]) {
    await chmod(folder, mode)
    await prepareFolder(folder)
  }
})

test('refuses a folder that every user can write, even a sticky one, with the command to fix it', async (t) => {
  if (process.platform === 'win32') return
  const { folder } = await scene(t)
  for (const mode of [0o777, 0o1777, 0o702]) {
    await chmod(folder, mode)
    const refused = /is writable by every user\.$/
    const hint = new RegExp(`run: chmod o-w ${folder} \\(or set \`data_folder\` in the`)
    for (const work of [
      async () => prepareFolder(folder),
      async () => tryDataFolder({ dataFolder: folder } as Connection),
      async () => new History(folder).end(recordOf('failed')),
      async () => writeDeliveryState(folder, QUIET),
    ])
      await assert.rejects(work, (error: AppError) => {
        assert.match(error.hint ?? '', hint)
        assert.match(error.message, refused)
        return true
      })
    assert.deepEqual(await readdir(folder), [])
  }
  execFileSync('chmod', ['o-w', folder])
  await prepareFolder(folder)
})

test('refuses a folder of another user, and one reached through a link of another user', async (t) => {
  if (process.geteuid?.() !== 0) return
  const { root, folder } = await scene(t)
  const link = join(root, 'link to data')
  await symlink(folder, link)
  await prepareFolder(link)
  await lchown(link, OTHER_UID, OTHER_UID)
  await assert.rejects(prepareFolder(link), {
    message: `The data folder ${link} is a symbolic link created by another user (uid ${OTHER_UID}).`,
    hint: /run: rm '.*link to data' \(or/,
  })
  await chown(folder, OTHER_UID, OTHER_UID)
  await assert.rejects(prepareFolder(folder), {
    message: `The data folder ${folder} belongs to another user (uid ${OTHER_UID}).`,
    hint: new RegExp(`run: chown -R 0 ${folder} `),
  })
})

test('refuses a world-writable volume of root and suggests a folder in it, which then works', async (t) => {
  if (process.geteuid?.() !== 0) return
  const { root } = await scene(t)
  const volume = join(root, 'volume')
  await mkdir(volume)
  await chmod(root, 0o755)
  // Modes of an emptyDir in Kubernetes, with and without `fsGroup`.
  for (const mode of [0o777, 0o2777, 0o1777]) {
    await chmod(volume, mode)
    const inside = join(volume, 'customerio-sync')
    process.seteuid?.(OTHER_UID)
    try {
      await assert.rejects(prepareFolder(volume), {
        message: `The data folder ${volume} is writable by every user.`,
        hint: `Set "data_folder": "${inside}" in the connection file. The next run creates that folder, with access only for you.`,
      })
      await prepareFolder(inside)
      await writeDeliveryState(inside, QUIET)
    } finally {
      process.seteuid?.(0)
    }
    assert.equal((await lstat(inside)).mode & 0o777, 0o700)
    execFileSync('rm', ['-r', inside])
  }
})

test('replaces a link with the document of a run and leaves its target alone', async (t) => {
  const { folder, victim, connection } = await scene(t)
  for (const name of ['catalog.json', 'state.json']) {
    await symlink(victim, join(folder, name))
    const path = await writeDataFile(connection, name, '{}')
    assert.equal(await readFile(path, 'utf8'), '{}')
    assert.ok((await lstat(path)).isFile())
    assert.equal((await lstat(path)).mode & 0o777, 0o600)
  }
  await symlink(victim, join(folder, 'notified.json'))
  await writeDeliveryState(folder, QUIET)
  assert.equal(await readFile(victim, 'utf8'), PRECIOUS)
  assert.deepEqual((await readdir(folder)).toSorted(), [
    'catalog.json',
    'notified.json',
    'state.json',
  ])
})

test('never reads or writes through a link, whether its target exists or not', async (t) => {
  const { root, folder, victim } = await scene(t)
  const history = join(folder, 'history')
  const monthly = join(history, 'runs-2026-11.jsonl')
  const isLink = {
    code: 'CONFIG_INVALID',
    message: /is a symbolic link, but must be a regular file\.$/,
  }
  for (const target of [victim, join(root, 'missing')]) {
    await mkdir(history)
    await symlink(target, monthly)
    await assert.rejects(new History(folder).end(recordOf('failed')), isLink)
    await assert.rejects(new History(folder).newest(1), isLink)
    execFileSync('rm', ['-r', history])
    await symlink(target, lockPathIn(folder))
    await assert.rejects(readLock(lockPathIn(folder)), isLink)
    await assert.rejects(takeRunLock(lockPathIn(folder), { signal }), isLink)
    execFileSync('rm', [lockPathIn(folder)])
    await symlink(target, join(folder, 'notified.json'))
    assert.deepEqual(await readDeliveryState(folder), { state: QUIET, isDamaged: true })
    execFileSync('rm', [join(folder, 'notified.json')])
    await symlink(target, join(folder, 'made'))
    await assert.rejects(createDataFile(join(folder, 'made'), 'x'), { code: 'EEXIST' })
    await assert.rejects(readDataText(join(folder, 'made')), isLink)
    execFileSync('rm', [join(folder, 'made')])
  }
  await mkdir(join(root, 'elsewhere'))
  await symlink(join(root, 'elsewhere'), history)
  await assert.rejects(new History(folder).end(recordOf('failed')), isLink)
  await assert.rejects(new History(folder).newest(1), isLink)
  assert.deepEqual(await readdir(join(root, 'elsewhere')), [])
  assert.equal(await readFile(victim, 'utf8'), PRECIOUS)
  assert.deepEqual((await readdir(root)).toSorted(), ['data', 'elsewhere', 'victim'])
})

test('a heartbeat does not follow a link that replaced the lock', async (t) => {
  const { folder, victim } = await scene(t)
  const path = lockPathIn(folder)
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lock = await takeRunLock(path, { signal })
  const { mtimeMs } = await lstat(victim)
  execFileSync('rm', [path])
  await symlink(victim, path)
  const before = await lstat(path)
  t.mock.timers.tick(MINUTE_MS)
  const isTouched = async () => (await lstat(path)).mtimeMs !== before.mtimeMs
  await until(isTouched, { what: 'a heartbeat' })
  await lock.release()
  assert.equal((await lstat(victim)).mtimeMs, mtimeMs)
  assert.equal(await readFile(victim, 'utf8'), PRECIOUS)
})

test('refuses a pipe, a folder or a device in place of a file without waiting', async (t) => {
  if (process.platform === 'win32') return
  const { folder } = await scene(t)
  const path = join(folder, 'history', 'runs-2026-11.jsonl')
  await mkdir(join(folder, 'history'))
  execFileSync('mkfifo', [path])
  await assert.rejects(new History(folder).newest(1), {
    message: `${path} is a folder, pipe or device, but must be a regular file.`,
  })
  await assert.rejects(new History(folder).end(recordOf('failed')), { code: 'CONFIG_INVALID' })
  execFileSync('rm', [path])
  await mkdir(path)
  await assert.rejects(new History(folder).newest(1), { code: 'CONFIG_INVALID' })
  execFileSync('mkfifo', [lockPathIn(folder)])
  await assert.rejects(takeRunLock(lockPathIn(folder), { signal }), { code: 'CONFIG_INVALID' })
})

test('replaces a file atomically and leaves no temporary file', async (t) => {
  const { folder } = await scene(t)
  const path = join(folder, 'state.json')
  for (const text of ['first', 'second']) {
    await replaceDataFile(path, text)
    assert.equal(await readDataText(path), text)
  }
  assert.deepEqual(await readdir(folder), ['state.json'])
  assert.equal(await readDataText(join(folder, 'none')), undefined)
})

const DAMAGED = [
  '',
  'null',
  '[]',
  '7',
  '{',
  '"x"',
  '{"waiting":{}}',
  '\u0000\u0001',
  '['.repeat(99_999),
]

test('reports a damaged delivery state and continues without it', async (t) => {
  const { folder } = await scene(t)
  const event = {
    event: 'run_failed',
    event_id: 'an id',
    connection: 'test',
    sent_at: '2026-11-24T10:00:00Z',
    last_success_at: null,
    run: null,
  } as const
  await writeDeliveryState(folder, { ...QUIET, isFailing: true, pendingEvents: [event] })
  const sound = { state: { ...QUIET, isFailing: true, pendingEvents: [event] }, isDamaged: false }
  assert.deepEqual(await readDeliveryState(folder), sound)
  for (const text of DAMAGED) {
    await writeFile(join(folder, 'notified.json'), text)
    assert.deepEqual(
      await readDeliveryState(folder),
      { state: QUIET, isDamaged: true },
      text.slice(0, 40),
    )
  }
  for (const change of [
    { event: 'other' },
    { event_id: 7 },
    { sent_at: 'x' },
    { run: { run_id: 1 } },
  ]) {
    const waiting = [{ ...event, ...change }, event]
    await writeFile(join(folder, 'notified.json'), JSON.stringify({ ...QUIET, waiting }))
    assert.deepEqual(await readDeliveryState(folder), {
      state: { ...QUIET, pendingEvents: [event] },
      isDamaged: true,
    })
  }
})

test('takes over a damaged lock, whatever it contains', async (t) => {
  const { folder } = await scene(t)
  const owner = { token: 'a token', pid: 7, host: 'elsewhere', started: '1', since: 'x' }
  const texts = [
    ...DAMAGED,
    ...[{ token: '../../x' }, { token: 7 }, { pid: '7' }, { pid: 1e99 }, { host: null }].map(
      (change) => JSON.stringify({ ...owner, ...change }),
    ),
  ]
  for (const text of texts) {
    await writeFile(lockPathIn(folder), text)
    const lock = await takeRunLock(lockPathIn(folder), { signal })
    await lock.release()
    assert.deepEqual(await readdir(folder), [], text.slice(0, 40))
  }
})
