import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Logger } from '../../../src/logger.ts'
import { createWarehouse } from '../../../src/warehouses/index.ts'
import { CLICKHOUSE_UNDER_TEST } from '../../conformance/support/clickhouse.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import { cuttingProxy } from '../../support/clickhouse/cutting-proxy.ts'

test('--test creates, fills, reads and drops a table', { skip }, async (t) => {
  const tested = await CLICKHOUSE_UNDER_TEST.create(t)
  const proxied = new URL(tested.url)
  const proxy = await cuttingProxy(t, Number(proxied.port))
  proxied.port = String(proxy.port)
  const logger = new Logger({ name: 'test', level: 'critical', format: 'plain', write: () => {} })
  const warehouse = await createWarehouse({
    url: proxied.href,
    schema: undefined,
    tablePrefix: '',
    isReadOnly: false,
    logger,
  })
  await warehouse.open()
  try {
    await warehouse.check('x_')
  } finally {
    await warehouse.close()
  }
  const used = proxy.statements.filter((statement) => statement.includes('x__sdc_check_'))
  assert.deepEqual(
    used.map((statement) => statement.split(' ', 1)[0]),
    ['create', 'insert', 'select', 'drop'],
  )
  assert.equal((await tested.readAll()).size, 0)
})
