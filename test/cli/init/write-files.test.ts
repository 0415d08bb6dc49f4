import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { InitTools } from '../../../src/cli/init/check-answers.ts'
import { writeFiles } from '../../../src/cli/init/write-files.ts'
import { temporaryFolder } from '../../support/programs.ts'

test('replaces no connection file that somebody created meanwhile, unless forced', async (t) => {
  const workspace = await temporaryFolder(t)
  const path = join(workspace, 'connection.json')
  const tools = { path, workspace, key: 'key-123456' } as InitTools
  const flags = { _: [], destination: 'new', warehouseUrl: 'duckdb:w.duckdb' }
  await writeFile(path, 'mine')
  await assert.rejects(writeFiles(flags, tools), {
    code: 'FILE_CHANGED',
    message: `${path} was created by somebody else meanwhile.`,
  })
  assert.equal(await readFile(path, 'utf8'), 'mine')
  assert.deepEqual(await readdir(join(workspace, 'destinations')), [])
  await writeFiles({ ...flags, force: true }, tools)
  assert.match(await readFile(path, 'utf8'), /"use": "new"/)
})
