import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { startSandbox } from '../../src/sandbox/server.ts'
import { collect, ROOT, temporaryFolder } from '../support/programs.ts'

const COMMANDS_OF_CI = [
  'npm ci && npm run demo',
  'npm ci && npm test',
  'npm ci && npm install --global .',
]

async function blocks(language: string): Promise<string[]> {
  const text = await readFile(join(ROOT, 'README.md'), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)\n\`\`\`$`, 'gms'))].map(
    (match) => match[1] ?? '',
  )
}

/** A folder for the PATH that holds our programs under their installed names. */
async function installedPrograms(context: TestContext): Promise<string> {
  const folder = join(await temporaryFolder(context), 'bin')
  await mkdir(folder)
  for (const name of ['tap-customerio', 'target-warehouse', 'customerio-sync']) {
    await symlink(join(ROOT, 'bin', `${name}.js`), join(folder, name))
  }
  return folder
}

async function shell(script: string, cwd: string, programs: string) {
  const { PATH = '', TMPDIR = '/tmp', TEST_RUN = '' } = process.env
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], {
    cwd,
    env: {
      PATH: `${programs}:${PATH}`,
      TMPDIR,
      TEST_RUN,
      CUSTOMERIO_APP_API_KEY: 'sandbox-app-api-key',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
  })
  child.stdin.end()
  return collect(child)
}

/** The connection file that `init` wrote, with the sandbox instead of the real API. */
async function useSandbox(folder: string, url: string): Promise<void> {
  const path = join(folder, 'connection.json')
  const file = JSON.parse(await readFile(path, 'utf8')) as { source: object }
  const source = { ...file.source, api_url: url, requests_per_second: 500 }
  await writeFile(path, JSON.stringify({ ...file, source }))
}

test('every command of the README is run by CI or here, word for word, and does what it says', async (t) => {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const programs = await installedPrograms(t)
  const [tap = '', target = ''] = await blocks('json')
  const tapSettings = {
    ...(JSON.parse(tap) as object),
    app_api_key: sandbox.apiKey,
    api_url: sandbox.url,
    requests_per_second: 500,
  }
  await writeFile(join(folder, 'tap.json'), JSON.stringify({ ...tapSettings, cutoff_days: 36_500 }))
  await writeFile(join(folder, 'target.json'), target)

  const scripts = await blocks('sh')
  assert.deepEqual(
    COMMANDS_OF_CI.filter((command) => scripts.includes(command)),
    COMMANDS_OF_CI,
  )
  const own = scripts.filter((script) => !COMMANDS_OF_CI.includes(script))
  assert.equal(own.length, 7)
  for (const script of own) {
    const { code, stdout, stderr } = await shell(script, folder, programs)
    assert.equal(code, 0, `${script}\n${stdout}${stderr}`)
    if (script.includes('customerio-sync init')) await useSandbox(folder, sandbox.url)
  }

  const instance = await DuckDBInstance.create(join(folder, 'warehouse.duckdb'))
  const connection = await instance.connect()
  const counts = await connection.runAndReadAll(
    `select (select count(*) from marketing.cio_newsletters), (select count(*) from marketing.cio_campaigns)`,
  )
  connection.closeSync()
  instance.closeSync()
  const { newsletters, campaigns } = sandbox.world
  assert.deepEqual(counts.getRows(), [[BigInt(newsletters.length), BigInt(campaigns.length)]])
  const ci = await readFile(join(ROOT, '.ci', 'run'), 'utf8')
  for (const part of ['npm ci', 'npm run demo', 'npm test', 'npm install --global'])
    assert.ok(ci.includes(part), part)
})

/** Table names and rows of the demo's table. */
function rowsOf(text: string): unknown[] {
  const lines = text.matchAll(/^(demo_\w+) +(\d+) +(\S+Z) +[\d.]+$/gm)
  return [...lines].map((match) => [match[1], Number(match[2])])
}

test('the demo loads a workspace, and a second demo reads only its edits', async (t) => {
  const folder = await temporaryFolder(t)
  const programs = await installedPrograms(t)
  const first = await shell('customerio-sync demo', folder, programs)
  const second = await shell('customerio-sync demo', folder, programs)
  assert.deepEqual([first.code, second.code], [0, 0], first.stderr + second.stderr)
  assert.deepEqual(rowsOf(first.stdout), [
    ['demo_newsletters', 180],
    ['demo_campaigns', 36],
    ['demo_campaign_actions', 220],
  ])
  assert.deepEqual(rowsOf(second.stdout), [
    ['demo_newsletters', 2],
    ['demo_campaigns', 3],
    ['demo_campaign_actions', 4],
  ])
  assert.match(second.stderr, /newsletter 200002 was renamed\n {2}- campaign 1002 was stopped/)
})
