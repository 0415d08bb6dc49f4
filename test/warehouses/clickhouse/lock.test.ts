import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { clickhouseQuery } from '../../conformance/support/clickhouse.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import { idsOf, prepare, unitOf } from './units.ts'

const LOCK = '.sdc_lock.'

test(
  'a second load fails and names the process that holds the tables; the lock ends with the load',
  { skip },
  async (t) => {
    const { create, database } = await prepare(t)
    const first = await create()
    await first.open()
    const second = await create()
    await assert.rejects(second.open(), (error) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'WAREHOUSE_BUSY')
      assert.match(error.message, new RegExp(`"${database}" are held by process ${process.pid} on`))
      return true
    })
    await first.close()
    await second.open()
  },
)

test(
  'a lock whose process has ended, or that was not renewed for a minute, is taken over',
  { skip },
  async (t) => {
    const { create, database } = await prepare(t)
    const holder = await create()
    await holder.open()
    const { rows } = await clickhouseQuery(
      `select comment from system.tables where database = '${database}' and name = '${LOCK}'`,
    )
    const held = JSON.parse(String(rows[0]?.[0])) as Record<string, unknown>
    const now = Math.floor(Date.now() / 1000)
    for (const change of [
      { pid: 2 ** 22 + 1 },
      { machine: 'another', pid: 1, renewedAt: now - 3600 },
    ]) {
      const comment = JSON.stringify({ ...held, ...change, token: 'another' })
      await clickhouseQuery(`alter table ${database}.\`${LOCK}\` modify comment '${comment}'`)
      const next = await create()
      await next.open()
      await next.close()
      await clickhouseQuery(
        `create table ${database}.\`${LOCK}\` (held UInt8) engine = MergeTree order by ()`,
      )
    }
  },
)

test('a load that lost its lock publishes nothing', { skip }, async (t) => {
  const { create, database, tested } = await prepare(t)
  const sleeper = await create()
  await sleeper.open()
  await sleeper.commit(unitOf(1, 1))
  await clickhouseQuery(`drop table ${database}.\`${LOCK}\``)
  const other = await create()
  await other.open()
  await other.commit(unitOf(2, 2))
  await assert.rejects(sleeper.commit(unitOf(2, 3)), (error) => {
    assert.equal(sleeper.classify(error), 'final')
    return error instanceof AppError && error.code === 'WAREHOUSE_BUSY'
  })
  const ofOther = `${database}.\`.sdc_work..0123abcd.0\``
  await clickhouseQuery(`create table ${ofOther} (id Int64) engine = MergeTree order by ()`)
  await sleeper.close()
  assert.deepEqual(await idsOf(tested), [1, 2])
  // The tables that the other load works with are still there.
  await clickhouseQuery(`drop table ${ofOther}`)
  // The other load still has its lock.
  await other.commit(unitOf(3, 4))
  assert.deepEqual(await idsOf(tested), [1, 2, 4])
})
