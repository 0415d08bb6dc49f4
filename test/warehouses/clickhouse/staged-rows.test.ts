/** Rows that wait on the server for their commit. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import type { WriteStep } from '../../../src/loader/commit-unit.ts'
import type { Warehouse } from '../../../src/loader/warehouse.ts'
import { clickhouseQuery } from '../../conformance/support/clickhouse.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import { idsOf, prepare, unitOf } from './units.ts'

/** Stages the rows of a unit. */
async function stageAll(warehouse: Warehouse, unit: ReturnType<typeof unitOf>) {
  const steps: WriteStep[] = []
  for (const step of unit.steps) {
    if (step.kind !== 'write' || step.table === unit.ledger?.table) continue
    const staged = await warehouse.stage?.(step, steps.pop())
    assert.ok(staged)
    steps.push(staged)
  }
  const ledger = unit.steps.slice(-1)
  return { unit: { ...unit, steps: [...steps, ...ledger] }, stage: steps[0]?.stage ?? '' }
}

test('staged rows are committed, and their table goes', { skip }, async (t) => {
  const { tested, create, database } = await prepare(t)
  const warehouse = await create()
  await warehouse.open()
  const { unit, stage } = await stageAll(warehouse, unitOf(1, 1, 2, 3))
  await warehouse.commit(unit)
  await warehouse.release?.(unit.steps)
  assert.deepEqual(await idsOf(tested), [1, 2, 3])
  const { rows } = await clickhouseQuery(
    `select name from system.tables where database = '${database}' and name = '${stage}'`,
  )
  assert.deepEqual(rows, [])
})

test('a commit fails when staged rows are missing', { skip }, async (t) => {
  const { tested, create, database } = await prepare(t)
  const warehouse = await create()
  await warehouse.open()
  const { unit, stage } = await stageAll(warehouse, unitOf(1, 1, 2, 3))
  await clickhouseQuery(`truncate table ${database}.\`${stage}\``)
  await assert.rejects(warehouse.commit(unit), (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.match(error.message, /lost rows that waited/)
    assert.equal(warehouse.classify(error), 'final')
    return true
  })
  assert.deepEqual(await idsOf(tested), [])
})
