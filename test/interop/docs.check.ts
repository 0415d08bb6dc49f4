import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { query } from '../e2e/support/connection.ts'
import { ROOT, temporaryFolder } from '../support/programs.ts'
import { programOf } from './venvs.ts'
import { command, installPrograms, docsBlocks } from './workspace.ts'

test('the Meltano commands in the docs work exactly as written', async (t) => {
  const [script = '', ...others] = await docsBlocks('bash')
  assert.deepEqual(others, [])
  const apiKey = 'your App API key'
  const sandbox = await startSandbox({ apiKey, rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  await cp(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true })
  const bin = await installPrograms(folder)
  const venv = dirname(programOf('meltano', 'meltano'))
  const { code, stdout, stderr } = await command(
    'bash',
    ['--norc', '-e', '-o', 'pipefail', '-c', script],
    {
      cwd: folder,
      env: {
        PATH: `${bin}:${venv}:${process.env['PATH'] ?? ''}`,
        TAP_CUSTOMERIO_API_URL: sandbox.url,
        TAP_CUSTOMERIO_REQUESTS_PER_SECOND: '500',
      },
    },
  )
  assert.equal(code, 0, stdout + stderr)
  const database = join(folder, 'my-project/warehouse.duckdb')
  const rows = await query(database, 'select id from tap_customerio.cio_newsletters')
  assert.equal(rows.length, sandbox.world.newsletters.length)
})
