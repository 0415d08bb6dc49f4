import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { editAction } from '../../src/sandbox/action-edits.ts'
import { deleteNewsletter, editCampaign, editNewsletter } from '../../src/sandbox/edits.ts'
import { ROOT } from '../support/programs.ts'
import { noteResult } from './results.ts'
import { programOf } from './venvs.ts'
import { assertTruth, command, dataOf, meltanoProject, RUN, WORLD } from './workspace.ts'

function schemaPath(): string {
  const library = join(programOf('meltano', '..'), 'lib')
  const python = readdirSync(library).find((name) => name.startsWith('python3')) ?? ''
  return join(library, python, 'site-packages/meltano/schemas/meltano.schema.json')
}

test("the example is valid under Meltano's own JSON Schema", () => {
  const schema = JSON.parse(readFileSync(schemaPath(), 'utf8')) as object
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
  const text = readFileSync(join(ROOT, 'examples/meltano/meltano.yml'), 'utf8')
  assert.ok(validate(parse(text)), JSON.stringify(validate.errors, undefined, 2))
})

test('invoke: --discover, --about and --test print the same as without Meltano', async (t) => {
  const project = await meltanoProject(t)
  const invoke = async (...args: string[]) =>
    (await project.meltano(['invoke', 'tap-customerio', ...args])).stdout
  const catalog = readFileSync(join(ROOT, 'catalog.sample.json'), 'utf8')
  assert.deepEqual(JSON.parse(await invoke('--discover')), JSON.parse(catalog))
  const about = JSON.parse(await invoke('--about', '--format', 'json')) as { name: string }
  assert.equal(about.name, 'tap-customerio')
  const lines = (await invoke('--test')).trimEnd().split('\n')
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type)
  assert.deepEqual(types, ['SCHEMA', 'RECORD', 'SCHEMA', 'RECORD', 'SCHEMA', 'RECORD'])
})

test('config test accepts the tap, and reports a wrong key with the reason in the last line', async (t) => {
  const project = await meltanoProject(t)
  const good = await project.meltano(['config', 'test', 'tap-customerio'])
  assert.match(good.stdout + good.stderr, /Plugin configuration is valid/)
  const env = { TAP_CUSTOMERIO_APP_API_KEY: 'another-key' }
  const bad = await project.meltano(['config', 'test', 'tap-customerio'], { env, fails: true })
  assert.match(bad.stdout + bad.stderr, /Plugin configuration is invalid\s+.*401.*app_api_key/s)
})

test('config test loads its record with the target, and may then fail inside Meltano', async (t) => {
  const project = await meltanoProject(t)
  const args = ['--log-level=debug', 'config', 'test', 'target-warehouse']
  const path = programOf('meltano', 'meltano')
  const finished = await command(path, args, {
    cwd: project.folder,
    env: {
      PATH: `${join(project.folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      MELTANO_ENVIRONMENT: 'dev',
      TARGET_WAREHOUSE_DEFAULT_TARGET_SCHEMA: 'tap_customerio',
      TARGET_WAREHOUSE_TABLE_PREFIX: 'cio_',
      TARGET_WAREHOUSE_WAREHOUSE_URL: `duckdb:${project.database}`,
    },
  })
  const text = finished.stdout + finished.stderr
  assert.match(text, /Process return code: 0/)
  assert.deepEqual(dataOf(await project.rows('meltano_test_stream')), [
    { id: 1, name: 'Meltano Test Record', created_at: '2025-09-29T00:00:00Z' },
  ])
  // Meltano 4.2.2 to 4.4.1 terminate the target after it has exited, which raises this error.
  if (finished.code !== 0) assert.match(text, /ProcessLookupError/)
})

test('select lists every property; deselected streams and properties are left out, keys are not', async (t) => {
  const project = await meltanoProject(t, { sandbox: { world: WORLD } })
  const { stdout } = await project.meltano([
    'select',
    'tap-customerio',
    '--list',
    '--all',
    '--json',
  ])
  const catalog = JSON.parse(readFileSync(join(ROOT, 'catalog.sample.json'), 'utf8')) as {
    streams: { tap_stream_id: string; schema: { properties: object } }[]
  }
  for (const { tap_stream_id: stream, schema } of catalog.streams) {
    for (const name of Object.keys(schema.properties)) assert.ok(stdout.includes(name), stream)
  }
  const deselect = async (...args: string[]) =>
    project.meltano(['select', 'tap-customerio', '--exclude', ...args])
  await project.meltano(['select', 'tap-customerio', '*', '*'])
  await deselect('campaigns', '*')
  await deselect('newsletters', 'name')
  await deselect('newsletters', 'id')
  await project.meltano(RUN)
  const rows = await project.rows('newsletters')
  assert.equal(rows.length, project.sandbox.world.newsletters.length)
  assert.ok(rows.every((row) => typeof row['id'] === 'number' && !('name' in row)))
  await assert.rejects(project.rows('campaigns'), /does not exist/)
  await assertTruth(project, ['campaign_actions'])
})

test('a second run reads only changes, and the stored state is the committed one', async (t) => {
  const project = await meltanoProject(t, { sandbox: { world: WORLD } })
  await project.meltano(RUN)
  await assertTruth(project)
  assert.deepEqual(await project.storedState(), await project.committedState())
  const commits = await project.commits()
  const { world } = project.sandbox
  editNewsletter(world, Number(world.newsletters[5]?.['id']), { name: 'renamed' })
  const [campaignId = '', actions = []] =
    [...world.actions].find(([, list]) => list.length > 0) ?? []
  const actionId = actions[0]?.['id'] as string
  editAction(world, { campaignId, actionId }, { name: 'renamed' })
  editCampaign(world, campaignId, { name: 'renamed' })
  const { stdout, stderr } = await project.meltano(RUN)
  await assertTruth(project)
  const loaded = await project.loadedSince(commits)
  // The run also reads rows that were updated within the lookback before the bookmark.
  assert.ok(
    (loaded['newsletters'] ?? 0) <= 5 && (loaded['campaigns'] ?? 0) <= 5,
    JSON.stringify(loaded),
  )
  assert.deepEqual(await project.storedState(), await project.committedState())
  const raw = (stdout + stderr).split('\n').filter((line) => line.includes('"logger_name"'))
  assert.deepEqual(raw, [], 'Meltano printed a structured log line unparsed')
  await noteResult('meltano', {
    kind: 'under',
    outcome: 'invoke, select, config test, run, --full-refresh, state, failures, SIGTERM',
  })
})

test('metadata: FULL_TABLE retires deleted rows', async (t) => {
  const project = await meltanoProject(t, { sandbox: { world: WORLD } })
  const metadata = { newsletters: { 'replication-method': 'FULL_TABLE' } }
  const env = { TAP_CUSTOMERIO__METADATA: JSON.stringify(metadata) }
  await project.meltano(RUN, { env })
  const deletedId = Number(project.sandbox.world.newsletters[7]?.['id'])
  deleteNewsletter(project.sandbox.world, deletedId)
  await project.meltano(RUN, { env })
  const marked = (await project.rows('newsletters')).filter(
    (row) => row['_sdc_deleted_at'] !== null,
  )
  assert.deepEqual(
    marked.map((row) => row['id']),
    [deletedId],
  )
})
