import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { collect, run, start, temporaryFolder, writeJson } from '../support/programs.ts'
import { startReceiver } from '../support/network/webhook-receiver.ts'
import { until } from '../support/wait.ts'
import { TICK_FAR_AWAY } from './support/started.ts'

/** A workspace with the connections `eu` and `us`, and an empty folder somewhere else. */
async function setUp(t: TestContext) {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const receiver = await startReceiver(t)
  const workspace = await temporaryFolder(t)
  await mkdir(join(workspace, 'connections'))
  for (const name of ['eu', 'us'])
    await writeJson(join(workspace, 'connections'), `${name}.json`, {
      source: { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 },
      destination: { warehouse_url: 'duckdb:warehouse.duckdb', table_prefix: `${name}_` },
      schedule: TICK_FAR_AWAY,
      notify: { url: receiver.url },
    })
  return { sandbox, workspace, elsewhere: await temporaryFolder(t) }
}

/** Commands that end by themselves, in an order that works, and what each prints. */
const COMMANDS: readonly (readonly [args: readonly string[], printed: RegExp])[] = [
  [
    ['check'],
    /Will be created: eu_newsletters, .*\.\n[^]*^Next: customerio-sync run --workspace /m,
  ],
  [['run', '--dry-run'], /table eu_newsletters would be created/],
  [['run'], /^The run succeeded\.\nData: DuckDB, .*warehouse\.duckdb, tables eu_\*$/m],
  [['resync', 'campaigns'], /^campaigns +full refresh +\d+/m],
  [['status'], /^connection +eu$[^]*Start it with: customerio-sync start --workspace /m],
  [['tables'], /^eu_newsletters +\d+ +0 /m],
  [['query', 'select count(*) as n from eu_newsletters'], /^1 row$/m],
  [['history'], /manual +succeeded/],
  [['history', '--log', 'last'], /The run succeeded\./],
  [['state', 'get'], /"campaigns"/],
  [['state', 'reset', 'campaigns'], /^The next run reads campaigns from the start\./m],
  [['notify', 'test'], /^Sent a test event to 127\.0\.0\.1/m],
]

test('every command takes the workspace and the connection, from any other folder', async (t) => {
  const { workspace, elsewhere } = await setUp(t)
  const chosen = ['--workspace', workspace, '--connection', 'eu']
  for (const [args, printed] of COMMANDS) {
    const ended = await run('customerio-sync', { args: [...args, ...chosen], cwd: elsewhere })
    assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`)
    assert.match(ended.stdout, printed)
    const unnamed = await run('customerio-sync', {
      args: [...args, '--workspace', workspace],
      cwd: elsewhere,
    })
    assert.equal(unnamed.code, 2, args.join(' '))
    assert.match(unnamed.stderr, /--connection/)
  }
})

/** Commands that run until they are stopped, and what each prints when it is ready. */
const SERVICES: readonly (readonly [args: readonly string[], ready: RegExp])[] = [
  [['start'], /^eu .*\n(?:.*\n)*us .*\n/m],
  [['start', '--connection', 'us'], /^us .*\n/m],
  [['console'], /^The console of .* is at http:\/\/127\.0\.0\.1:\d+/m],
]

test('start and console take the workspace too', async (t) => {
  const { workspace, elsewhere } = await setUp(t)
  for (const [args, ready] of SERVICES) {
    const child = start('customerio-sync', {
      args: [...args, '--workspace', workspace],
      cwd: elsewhere,
    })
    const ended = collect(child)
    let seen = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: string) => (seen += chunk))
    await until(() => ready.test(seen) || child.exitCode !== null, { what: args.join(' ') })
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await ended
    assert.equal(code, 143, `${stdout}${stderr}`)
    assert.match(stdout, ready)
    if (args.includes('us')) assert.doesNotMatch(stdout, /^eu /m)
    if (args[0] === 'console') assert.ok(stdout.includes(workspace), stdout)
  }
})
