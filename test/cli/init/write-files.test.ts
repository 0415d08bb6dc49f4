import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeFiles } from '../../../src/cli/init/write-files.ts'
import { AppError } from '../../../src/errors.ts'
import { Logger } from '../../../src/logger.ts'
import { temporaryFolder } from '../../support/programs.ts'

test('a connection that appeared while the questions were open is not overwritten', async (t) => {
  const workspace = await temporaryFolder(t)
  const path = join(workspace, 'connections', 'eu.json')
  const logger = new Logger({ name: 'test', level: 'error', format: 'plain', write: () => {} })
  const { signal } = new AbortController()
  const toolsFor = (key: string) => ({
    path,
    workspace,
    key,
    context: { args: [], env: {}, logger, signal },
  })
  const flags = { _: [], destination: 'warehouse', warehouseUrl: 'duckdb:w.duckdb' }
  await writeFiles({ _: [] }, toolsFor('first-key'))
  const first = await readFile(path, 'utf8')
  await assert.rejects(writeFiles(flags, toolsFor('second-key')), (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, 'USAGE')
    assert.equal(error.message, `${path} already exists.`)
    return true
  })
  assert.equal(await readFile(path, 'utf8'), first)
  assert.deepEqual(await readdir(join(workspace, 'destinations')), [])
  await writeFiles({ _: [], force: true }, toolsFor('third-key'))
  assert.match(await readFile(path, 'utf8'), /third-key/)
})
