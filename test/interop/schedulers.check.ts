import assert from 'node:assert/strict'
import { test } from 'node:test'
import { query } from '../e2e/support/connection.ts'
import { setUp, type RunnerSetup } from '../e2e/support/runner.ts'
import type { Finished } from '../support/programs.ts'
import { noteResult } from './results.ts'
import { programOf, type VenvName } from './venvs.ts'
import { command, installPrograms, docsBlocks } from './workspace.ts'

const SCHEDULERS: { venv: VenvName; imports: string; run: string; failed: RegExp }[] = [
  {
    venv: 'apache-airflow',
    imports: 'airflow',
    run: 'sync.execute({})',
    failed: /Bash command failed\. The command returned a non-zero exit code 3\./,
  },
  {
    venv: 'dagster',
    imports: 'dagster',
    run: 'from dagster import materialize\n\nmaterialize([customerio])',
    failed: /returned non-zero exit status 3\./,
  },
]

/** The docs' script for the scheduler, with the path replaced by the test's connection. */
async function scriptOf(imports: string, setup: RunnerSetup): Promise<string> {
  const blocks = await docsBlocks('python')
  const text = blocks.find((block) => block.includes(`from ${imports}`)) ?? ''
  const docsPath = '/etc/customerio/connection.json'
  assert.ok(text.includes(docsPath))
  return text.replace(docsPath, setup.path)
}

for (const { venv, imports, run, failed } of SCHEDULERS) {
  test(`the docs' script for ${venv} syncs a connection, and fails when the sync fails`, async (t) => {
    const setup = await setUp(t)
    const bin = await installPrograms(setup.folder)
    const text = `${await scriptOf(imports, setup)}\n${run}\n`
    const env = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      AIRFLOW_HOME: setup.folder,
      DAGSTER_HOME: setup.folder,
      DAGSTER_DISABLE_TELEMETRY: '1',
    }
    const python = async (): Promise<Finished> =>
      command(programOf(venv, 'python'), ['-c', text], { env, cwd: setup.folder })
    const done = await python()
    assert.equal(done.code, 0, done.stdout + done.stderr)
    const rows = await query(setup.database, 'select id from marketing.cio_newsletters')
    assert.equal(rows.length, setup.sandbox.world.newsletters.length)
    setup.sandbox.keys.clear()
    const refused = await python()
    assert.notEqual(refused.code, 0)
    assert.match(refused.stdout + refused.stderr, failed)
    assert.ok(!(refused.stdout + refused.stderr).includes(setup.sandbox.apiKey))
    await noteResult(venv, {
      kind: 'scheduled',
      outcome: 'the script on this page syncs a connection; its task fails when the sync fails',
    })
  })
}
