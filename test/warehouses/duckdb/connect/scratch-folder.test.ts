/** Folders for temporary files: those of killed processes are removed, and no others. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { temporaryFolder } from '../../../support/programs.ts'

const MODULE = new URL(
  '../../../../src/warehouses/duckdb/connect/scratch-folder.js',
  import.meta.url,
)
/** Creates a folder and prints its path. Removes it when a line comes in; else lives on. */
const SCRIPT = `const { createScratchFolder } = await import(${JSON.stringify(MODULE.href)})
const folder = await createScratchFolder()
process.stdin.once('data', () => { folder.remove(); process.exitCode = 7; process.stdin.destroy() })
console.log(folder.path)`

/** Starts a process with a folder of its own below `parent`. */
async function holder(t: TestContext, parent: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    env: { ...process.env, TMPDIR: parent },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close') as Promise<[number | null, string | null]>
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const [printed] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  return { child, ended, path: printed.trim() }
}

function named(parent: string, name: string, hoursAgo: number): string {
  const path = join(parent, `target-warehouse-${name}`)
  mkdirSync(path)
  writeFileSync(join(path, 'file'), 'kept')
  const at = Date.now() / 1000 - hoursAgo * 3600
  utimesSync(path, at, at)
  return path
}

test('a killed process leaves a folder that the next one removes; a live one keeps its own', async (t) => {
  const parent = await temporaryFolder(t)
  const live = await holder(t, parent)
  const killed = await holder(t, parent)
  writeFileSync(join(killed.path, 'duckdb_temp_storage'), 'spilled')
  killed.child.kill('SIGKILL')
  assert.deepEqual(await killed.ended, [null, 'SIGKILL'])
  assert.ok(existsSync(join(killed.path, 'alive')), 'the kill left nothing')
  const next = await holder(t, parent)
  assert.deepEqual(
    readdirSync(parent).toSorted(),
    [live.path, next.path].map((path) => basename(path)).toSorted(),
  )
  for (const { child, ended } of [live, next]) {
    child.stdin.end('end\n')
    assert.deepEqual(await ended, [7, null])
  }
  assert.deepEqual(readdirSync(parent), [])
})

test('removes no folder that is new, linked, a file, or of another user', async (t) => {
  const parent = await temporaryFolder(t)
  const elsewhere = named(await temporaryFolder(t), 'target', 2)
  const kept = [named(parent, 'new', 0.9), join(parent, 'target-warehouse-link')]
  symlinkSync(elsewhere, join(parent, 'target-warehouse-link'))
  if (process.getuid?.() === 0) {
    const foreign = named(parent, 'foreign', 2)
    chownSync(foreign, 65_534, 65_534)
    kept.push(foreign)
  }
  const file = join(parent, 'target-warehouse-file')
  writeFileSync(file, '')
  const old = named(parent, 'old', 1.1)
  const { path, child, ended } = await holder(t, parent)
  child.stdin.end('end\n')
  assert.deepEqual(await ended, [7, null])
  assert.deepEqual([existsSync(old), existsSync(path)], [false, false])
  for (const one of [...kept, file]) assert.ok(existsSync(one), one)
  assert.deepEqual(readdirSync(elsewhere), ['file'])
})
