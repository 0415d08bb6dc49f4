/** What a load takes back of a commit that was not completed. */

import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { clickhouseQuery } from '../../conformance/support/clickhouse.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import { cuttingProxy } from '../../support/clickhouse/cutting-proxy.ts'
import { idsOf, prepare, unitOf, type Prepared } from './units.ts'

const COPY = '.sdc_work..0123abcd.0'
const UNIT = '.sdc_unit..0123abcd'

async function uuidOf(database: string, table: string): Promise<string> {
  const { rows } = await clickhouseQuery(
    `select toString(uuid) from system.tables where database = '${database}' and name = '${table}'`,
  )
  return String(rows[0]?.[0])
}

/** Commits the row 1, then leaves what a load leaves that was killed after publishing row 7. */
async function publishWithoutLedger({ create, database }: Prepared): Promise<void> {
  const first = await create()
  await first.open()
  await first.commit(unitOf(1, 1))
  await first.close()
  const copy = `${database}.\`${COPY}\``
  await clickhouseQuery(`create table ${copy} as ${database}.s`)
  await clickhouseQuery(`insert into ${copy} values (1), (7)`)
  const [oldUuid, newUuid] = [await uuidOf(database, 's'), await uuidOf(database, COPY)]
  const tables = [{ table: 's', copy: COPY, oldUuid, newUuid }]
  const unit = JSON.stringify({ ledger: '_sdc_loads', loadNumber: 2, runId: 'killed', tables })
  await clickhouseQuery(
    `create table ${database}.\`${UNIT}\` (published UInt8) engine = MergeTree order by () comment '${unit}'`,
  )
  await clickhouseQuery(`exchange tables ${database}.s and ${copy}`)
}

test(
  'the row of another load with the same number does not complete a commit',
  { skip },
  async (t) => {
    const prepared = await prepare(t)
    const { tested, database, create, logged } = prepared
    await publishWithoutLedger(prepared)
    assert.deepEqual(await idsOf(tested), [1, 7])
    await clickhouseQuery(
      `insert into ${database}._sdc_loads (load_number, run_id) values (2, 'another')`,
    )
    await (await create()).open()
    assert.deepEqual(await idsOf(tested), [1])
    assert.deepEqual(logged, [])
  },
)

test('a commit with its row in the ledger stays', { skip }, async (t) => {
  const prepared = await prepare(t)
  const { tested, database, create } = prepared
  await publishWithoutLedger(prepared)
  await clickhouseQuery(
    `insert into ${database}._sdc_loads (load_number, run_id) values (2, 'killed')`,
  )
  await (await create()).open()
  assert.deepEqual(await idsOf(tested), [1, 7])
})

test('says which table cannot be taken back', { skip }, async (t) => {
  const prepared = await prepare(t)
  const { tested, database, create, logged } = prepared
  await publishWithoutLedger(prepared)
  await clickhouseQuery(`drop table ${database}.\`${COPY}\``)
  await (await create()).open()
  assert.deepEqual(await idsOf(tested), [1, 7])
  assert.match(logged.join(''), /"s\\?" may hold rows of an incomplete commit.*replaced is missing/)
  assert.match(logged.join(''), /commit_not_taken_back/)
})

test(
  'a load that lost its lock leaves the tables alone with which the other load works',
  { skip },
  async (t) => {
    const { tested, database, create } = await prepare(t)
    const port = Number(new URL(tested.url).port)
    const [before, behind] = [await cuttingProxy(t, port), await cuttingProxy(t, port)]
    const sleeper = await create({ port: before.port })
    const other = await create({ port: behind.port })
    await sleeper.open()
    await sleeper.commit(unitOf(1, 1))
    const old = await uuidOf(database, 's')
    const released = new EventEmitter()
    let committed: Promise<unknown> = Promise.resolve()
    /** The other load takes over, and publishes its row. */
    const takeOver = async (): Promise<void> => {
      await clickhouseQuery(`drop table ${database}.\`.sdc_lock.\``)
      await other.open()
      const published = new Promise<void>((resolve) => {
        behind.onAnswer = async (statement) => {
          if (!statement.startsWith('exchange')) return
          resolve()
          await once(released, 'now')
        }
      })
      committed = other.commit(unitOf(2, 2))
      await published
    }
    // Twice in a commit: before a table is copied, and before the copies are published.
    let looks = 0
    before.onAnswer = async (statement) => {
      if (/from system\.parts\b/.test(statement) && ++looks === 2) await takeOver()
    }
    await assert.rejects(sleeper.commit(unitOf(2, 3)), (error) => {
      return error instanceof AppError && error.code === 'WAREHOUSE_BUSY'
    })
    await sleeper.close()
    const { rows } = await clickhouseQuery(
      `select startsWith(name, '.sdc_work.') from system.tables where database = '${database}' and uuid = '${old}'`,
    )
    released.emit('now')
    await committed
    assert.equal(looks, 2)
    assert.deepEqual(rows, [[1]])
    assert.deepEqual(await idsOf(tested), [1, 2])
  },
)
