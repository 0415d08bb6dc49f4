import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { AppError } from '../../../../src/errors.ts'
import { Logger } from '../../../../src/logger.ts'
import { createWarehouse } from '../../../../src/warehouses/index.ts'
import { run, temporaryFolder, writeJson } from '../../../support/programs.ts'

test('closes a file that cannot be set up, so that another process can open it', async (t) => {
  const folder = await temporaryFolder(t)
  const url = `duckdb:${join(folder, 'w.duckdb')}?lock_wait_seconds=0`
  const logger = new Logger({ name: 'test', level: 'critical', format: 'plain', write: () => {} })
  const options = { url, schema: undefined, tablePrefix: '', isReadOnly: false, logger }
  const warehouse = await createWarehouse(options)
  const connect = t.mock.method(DuckDBInstance.prototype, 'connect', () =>
    Promise.reject(new Error('Out of memory')),
  )
  await assert.rejects(
    warehouse.open(),
    (error) => error instanceof AppError && error.message.includes('Out of memory'),
  )
  connect.mock.restore()
  const config = await writeJson(folder, 'target.json', { warehouse_url: url })
  const { code, stderr } = await run('target-warehouse', { args: ['--config', config, '--test'] })
  assert.equal(code, 0, stderr)
})
