import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startSandbox, type Sandbox } from '../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { query } from '../e2e/support/connection.ts'
import { collect, ROOT, temporaryFolder, type Finished } from '../support/programs.ts'
import { bounded } from '../support/wait.ts'
import { asUsersSee, isSameOutput, outputBlock, replaceOutput } from './output.ts'
import { allPages, readPage, type Page } from './pages.ts'
import { NOT_RUN } from './not-run.ts'

const API_KEY = 'sandbox-app-api-key'
const DATABASE = 'cio.duckdb'
/** Pages that begin in an empty folder. Every other page begins where the README ends. */
const FROM_NOTHING = ['README.md', 'docs/getting-started.md']

interface Scene {
  sandbox: Sandbox
  /** A folder on the PATH that holds our programs. */
  programs: string
}

async function makeScene(context: TestContext): Promise<Scene> {
  const sandbox = await startSandbox({
    apiKey: API_KEY,
    rate: { perSecond: Number.POSITIVE_INFINITY },
  })
  context.after(() => sandbox.close())
  const programs = join(await temporaryFolder(context), 'bin')
  await mkdir(programs)
  for (const name of ['tap-customerio', 'target-warehouse', 'customerio-sync']) {
    await symlink(join(ROOT, 'bin', `${name}.js`), join(programs, name))
  }
  return { sandbox, programs }
}

async function runShell(script: string, cwd: string, scene: Scene): Promise<Finished> {
  const { PATH = '', TMPDIR = '/tmp', TEST_RUN = '' } = process.env
  const child = spawn('bash', ['--norc', '-e', '-o', 'pipefail', '-c', script], {
    cwd,
    env: {
      PATH: `${scene.programs}:${PATH}`,
      TMPDIR,
      TEST_RUN,
      COLUMNS: '100',
      CUSTOMERIO_APP_API_KEY: API_KEY,
      TAP_CUSTOMERIO_API_URL: scene.sandbox.url,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: bounded(9000),
  })
  child.stdin.end()
  return collect(child)
}

/** The settings with the sandbox in place of the real API. */
function sandboxed(source: JsonObject, { sandbox }: Scene): JsonObject {
  return { ...source, app_api_key: API_KEY, api_url: sandbox.url, requests_per_second: 500 }
}

/** Points the connection file that `init` wrote to the sandbox. */
async function useSandbox(folder: string, scene: Scene): Promise<void> {
  const path = join(folder, 'connection.json')
  const file = JSON.parse(await readFile(path, 'utf8')) as { source: JsonObject }
  await writeFile(path, JSON.stringify({ ...file, source: sandboxed(file.source, scene) }))
}

/** Writes the settings of tap and target that the page shows. */
async function writeSettings(page: Page, folder: string, scene: Scene): Promise<void> {
  for (const { language, info, text } of page.blocks) {
    if (language !== 'json' || !['tap.json', 'target.json'].includes(info)) continue
    const settings = JSON.parse(text) as JsonObject
    const used =
      info === 'tap.json' ? { ...sandboxed(settings, scene), cutoff_days: 36_500 } : settings
    await writeFile(join(folder, info), JSON.stringify(used))
  }
}

/** What the commands print, without the addresses of this test. Each must succeed. */
async function runLines(script: string, folder: string, scene: Scene): Promise<string> {
  let output = ''
  // `init` comes first in its block; the commands after it must find the sandbox in its file.
  const [first = '', rest = ''] = script.includes('customerio-sync init')
    ? [script.split('\n')[0], script.split('\n').slice(1).join('\n')]
    : [script]
  for (const part of [first, rest].filter((one) => one !== '')) {
    const { code, stdout, stderr } = await runShell(part, folder, scene)
    assert.equal(code, 0, `${part}\n${stdout}${stderr}`)
    output += stdout === '' ? stderr : stdout
    if (part.includes('customerio-sync init')) await useSandbox(folder, scene)
  }
  return asUsersSee(output, { url: scene.sandbox.url, folder })
}

/** Compares the output with the block after the command, or writes it there with UPDATE_DOCS=1. */
async function checkOutput(path: string, index: number, output: string): Promise<void> {
  const page = readPage(path) // read again, because an earlier command may have written into it
  const shown = outputBlock(page, index)
  if (!shown || isSameOutput(shown.text, output)) return
  if (process.env['UPDATE_DOCS'] === '1') await replaceOutput(page, shown, output)
  else assert.equal(output, shown.text, `${path} shows other output. Run with UPDATE_DOCS=1.`)
}

async function runPage(page: Page, folder: string, scene: Scene): Promise<void> {
  await writeSettings(page, folder, scene)
  for (const [index, { language, info, text }] of page.blocks.entries()) {
    const script = text.trimEnd()
    if (language !== 'sh' || NOT_RUN[script] !== undefined) continue
    const lines = await runLines(script, folder, scene)
    assert.equal(info, '', `${page.path}: ${script}`)
    await checkOutput(page.path, index, lines)
  }
}

/** Every query returns rows. */
async function checkQueries(page: Page, database: string): Promise<void> {
  for (const { language, info, text } of page.blocks) {
    if (language !== 'sql' || info !== '') continue
    const rows = await query(database, text)
    assert.ok(rows.length > 0, `${page.path}: no rows from ${text}`)
  }
}

/** Every column of every table that a sync makes is in the data model. */
async function checkColumns(database: string): Promise<void> {
  const { text } = readPage('docs/data-model.md')
  const streams = readPage('docs/streams.md').text
  const columns = await query(
    database,
    "select distinct column_name as name from information_schema.columns where table_schema = 'marketing'",
  )
  const missing = columns
    .map(({ name }) => `\`${JSON.stringify(name).slice(1, -1)}\``)
    .filter((name) => !text.includes(name) && !streams.includes(name))
  assert.deepEqual(missing, [])
}

test('every command and query of the docs does what its page says', async (t) => {
  const scene = await makeScene(t)
  const pages = allPages()
  const folders = new Map<string, string>()
  const ordered = [
    ...pages.filter(({ path }) => FROM_NOTHING.includes(path)),
    ...pages.filter(({ path }) => !FROM_NOTHING.includes(path)),
  ]
  for (const page of ordered) {
    if (!page.blocks.some(({ language }) => ['sh', 'sql'].includes(language))) continue
    await t.test(page.path, async (one) => {
      const folder = await temporaryFolder(FROM_NOTHING.includes(page.path) ? t : one)
      folders.set(page.path, folder)
      const start = folders.get('README.md') ?? ''
      if (!FROM_NOTHING.includes(page.path)) await cp(start, folder, { recursive: true })
      await runPage(page, folder, scene)
      await checkQueries(page, join(start, DATABASE))
    })
  }
  await checkColumns(join(folders.get('README.md') ?? '', DATABASE))
})

test('every command that no test of the docs runs has a reason and is on a page', () => {
  const scripts = allPages().flatMap(({ blocks }) =>
    blocks.filter(({ language }) => language === 'sh').map(({ text }) => text.trimEnd()),
  )
  assert.deepEqual(
    Object.keys(NOT_RUN).filter((script) => !scripts.includes(script)),
    [],
  )
})
