/** Folders for temporary files: those of killed processes are removed, and no others. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
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
  const path = join(parent, name)
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

/** What the names of this system's folders begin with: all but six letters. */
async function ownPrefix(t: TestContext): Promise<string> {
  const { path, child, ended } = await holder(t, await temporaryFolder(t))
  child.stdin.end('end\n')
  assert.deepEqual(await ended, [7, null])
  return basename(path).slice(0, -6)
}

test('removes no folder that is new, linked, a file, of another user, or of another system', async (t) => {
  const parent = await temporaryFolder(t)
  const prefix = await ownPrefix(t)
  assert.match(prefix, /^target-warehouse-[0-9a-f]{8}-$/)
  const elsewhere = named(await temporaryFolder(t), `${prefix}target`, 2)
  const link = join(parent, `${prefix}link`)
  symlinkSync(elsewhere, link)
  const kept = [named(parent, `${prefix}new`, 0.9), link]
  kept.push(named(parent, 'target-warehouse-00000000-old', 2))
  if (process.getuid?.() === 0) {
    const foreign = named(parent, `${prefix}foreign`, 2)
    chownSync(foreign, 65_534, 65_534)
    kept.push(foreign)
  }
  const file = join(parent, `${prefix}file`)
  writeFileSync(file, '')
  const old = named(parent, `${prefix}old`, 1.1)
  const { path, child, ended } = await holder(t, parent)
  child.stdin.end('end\n')
  assert.deepEqual(await ended, [7, null])
  assert.deepEqual([existsSync(old), existsSync(path)], [false, false])
  for (const one of [...kept, file]) assert.ok(existsSync(one), one)
  assert.deepEqual(readdirSync(elsewhere), ['file'])
})

/**
 * A socket is bound first, and listens later. Prints the files of the folder when its socket is
 * bound, and then those of the folder in use.
 */
const TWO_STEPS = `const { createScratchFolder } = await import(${JSON.stringify(MODULE.href)})
const { readdirSync } = await import('node:fs')
const { Server } = await import('node:net')
const { dirname } = await import('node:path')
const listen = Server.prototype.listen
Server.prototype.listen = function (path) {
  listen.call(this, path)
  console.log(readdirSync(dirname(path)).join())
  return this
}
const folder = await createScratchFolder()
console.log(readdirSync(folder.path).join())
folder.remove()`

test('a folder has no socket of a living process before that process listens', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', TWO_STEPS], {
    env: { ...process.env, TMPDIR: await temporaryFolder(t) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = await text(child.stdout)
  assert.equal(output, 'new\nalive\n')
})
