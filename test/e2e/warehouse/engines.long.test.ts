/** The commands of a connection from the first to the last, with every warehouse. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { secretsInUrl } from '../../../src/urls/url-secrets.ts'
import { WAREHOUSES, type WarehouseUnderTest } from '../../conformance/support/warehouses.ts'
import { run, temporaryFolder } from '../../support/programs.ts'
import { STREAMS } from '../support/connection.ts'
import { objectsOf } from '../support/truth.ts'

const WORLD = { newsletters: 12, campaigns: 4, seed: 3 }

async function setUp(t: TestContext, { create }: WarehouseUnderTest) {
  const { url } = await create(t)
  const sandbox = await startSandbox({ rate: { perSecond: Infinity }, world: WORLD })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const outputs: string[] = []
  const sync = async (...args: string[]) => {
    const env = { CUSTOMERIO_APP_API_KEY: sandbox.apiKey }
    const { code, stdout, stderr } = await run('customerio-sync', { args, cwd: folder, env })
    outputs.push(stdout, stderr)
    assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }
  return { url, sandbox, folder, sync, outputs }
}

function widthOf(text: string): number {
  return Math.max(...text.split('\n').map(({ length }) => length))
}

for (const underTest of WAREHOUSES) {
  test(`${underTest.name}: init, check, run, status and query of one connection`, async (t) => {
    const { url, sandbox, folder, sync, outputs } = await setUp(t, underTest)
    const place = ['--warehouse-url', url, '--schema', 'marketing', '--prefix', 'cio_']
    await sync('init', '--api-url', sandbox.url, ...place)

    const { findings } = JSON.parse(await sync('check', '--json')) as { findings: JsonObject[] }
    assert.deepEqual(
      findings.filter(({ status }) => status === 'failed'),
      [],
    )

    const record = JSON.parse(await sync('run', '--json')) as JsonObject
    assert.equal(record['outcome'], 'succeeded')
    const again = JSON.parse(await sync('run', '--json')) as JsonObject
    assert.equal(again['outcome'], 'succeeded')

    const { tables } = JSON.parse(await sync('status', '--json')) as { tables: JsonObject[] }
    const { world } = sandbox
    assert.deepEqual(
      tables.map(({ table, rows }) => [table, rows]),
      STREAMS.map((stream) => [`cio_${stream}`, objectsOf(world, stream).length]),
    )

    const ids = world.newsletters.map(({ id }) => Number(id)).toSorted((a, b) => a - b)
    const csv = await sync('query', 'select id from cio_newsletters order by id', '--csv')
    assert.equal(csv, `id\n${ids.join('\n')}\n`)
    const rows = JSON.parse(
      await sync('query', 'select count(*) as n from cio_campaigns', '--json'),
    ) as JsonObject[]
    assert.deepEqual(rows, [{ n: world.campaigns.length }])
    const table = await sync('query', 'select * from cio_campaign_actions', '--rows', '2')
    assert.ok(widthOf(table) <= 80, table)
    assert.match(table, /\n2 rows\n$/)
    await sync('status')

    const file = await readFile(join(folder, 'connection.json'), 'utf8')
    assert.ok(!file.includes(sandbox.apiKey))
    for (const secret of secretsInUrl(url)) {
      assert.ok(!outputs.some((output) => output.includes(secret)), 'a secret was printed')
    }
  })
}
