import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import { cuttingProxy } from '../../support/clickhouse/cutting-proxy.ts'
import { prepare } from './units.ts'

test('the check writes a row and reads it, and leaves no table behind', { skip }, async (t) => {
  const { tested, create } = await prepare(t)
  const proxy = await cuttingProxy(t, Number(new URL(tested.url).port))
  const warehouse = await create({ port: proxy.port, isReadOnly: true })
  await warehouse.open()
  proxy.statements.length = 0
  await warehouse.check('x_')
  const aboutTable = proxy.statements.filter((statement) => statement.includes('x__sdc_check_'))
  assert.deepEqual(
    aboutTable.map((statement) => statement.split(/\s/)[0]),
    ['create', 'insert', 'select', 'drop'],
  )
  assert.deepEqual([...(await tested.readAll()).keys()], [])
})

test('the check fails when the row that it wrote is not there', { skip }, async (t) => {
  const { tested, create } = await prepare(t)
  const proxy = await cuttingProxy(t, Number(new URL(tested.url).port))
  // This engine takes rows and keeps none.
  proxy.rewrite = (statement) => statement.replace(/engine = MergeTree.*/s, 'engine = Null')
  const warehouse = await create({ port: proxy.port, isReadOnly: true })
  await warehouse.open()
  await assert.rejects(warehouse.check('x_'), (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.match(error.fullText, /did not return the row that was written\. Name one server/)
    return true
  })
  assert.deepEqual([...(await tested.readAll()).keys()], [])
})
