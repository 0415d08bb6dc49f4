/**
 * `npm run test:interop [-- --write] [-- WORD...]`: checks our programs with real third-party ones.
 * Installs those into virtual environments below INTEROP_VENVS, Trino into TRINO_HOME and a
 * catalog for it into ICEBERG_TOOLS, each by default into a temporary folder. Runs the checks and
 * prints the results. `--write` updates the table in docs/singer-and-meltano.md. `--install` only
 * installs the virtual environments.
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Bottleneck from 'bottleneck'
import { ROOT } from '../support/programs.ts'
import { SERVER_VARIABLE, testServer } from '../support/postgres-server.ts'
import { bounded } from '../support/wait.ts'
import { makeTrino } from './trino/install.ts'
import { markdownTable, readResults } from './results.ts'
import { assertPython, makeVenv, venvsFor, type VenvName } from './venvs.ts'

/** For one file of checks. */
const TIMEOUT_MS = bounded(60_000)
const TABLE = /(<!-- interop -->\n\n).*?(\n\n<!-- \/interop -->)/s

function checkFiles(words: readonly string[]): string[] {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const files = readdirSync(folder).filter((name) => name.endsWith('.check.js'))
  const wanted = files.filter(
    (name) => words.length === 0 || words.some((word) => name.includes(word)),
  )
  return wanted.toSorted().map((name) => join(folder, name))
}

/** The first installation also installs uv. The others then run a few at a time. */
async function install(folder: string, files: readonly string[]): Promise<void> {
  const [first, ...rest] = venvsFor(files.map((file) => basename(file, '.check.js')))
  const make = async (name: VenvName) => {
    process.stderr.write(`Installing ${name} ...\n`)
    await makeVenv(folder, name)
  }
  if (first) await make(first)
  const limiter = new Bottleneck({ maxConcurrent: 4 })
  await Promise.all(rest.map((name) => limiter.schedule(() => make(name))))
}

/** INTEROP_VENVS, or a folder below `temporary`. */
function venvsFolder(temporary: string): string {
  const folder = process.env['INTEROP_VENVS'] ?? join(temporary, 'venvs')
  mkdirSync(folder, { recursive: true })
  return folder
}

function writeTable(table: string): void {
  const path = join(ROOT, 'docs', 'singer-and-meltano.md')
  const text = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    text.replace(TABLE, (_all, start: string, end: string) => start + table + end),
  )
}

const words = process.argv.slice(2).filter((word) => !['--write', '--install'].includes(word))
const files = checkFiles(words)
await assertPython()
if (process.argv.includes('--install')) {
  await install(venvsFolder(''), files)
  process.exit()
}
const temporary = mkdtempSync(join(tmpdir(), 'tap-customerio-interop-'))
const server = await testServer()
try {
  const venvs = venvsFolder(temporary)
  const needsTrino = files.some((path) => basename(path) === 'trino.check.js')
  const [trino] = await Promise.all([needsTrino ? makeTrino(temporary) : {}, install(venvs, files)])
  const results = join(temporary, 'results.jsonl')
  const run = spawnSync(
    process.execPath,
    [
      '--enable-source-maps',
      '--test',
      `--test-concurrency=${availableParallelism()}`,
      `--test-timeout=${TIMEOUT_MS}`,
      ...files,
    ],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        ...trino,
        TMPDIR: temporary,
        INTEROP_VENVS: venvs,
        INTEROP_RESULTS: results,
        [SERVER_VARIABLE]: server.url,
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  )
  process.exitCode = run.status ?? 1
  const table = markdownTable(readResults(results))
  console.log(`\n${table}`)
  if (process.argv.includes('--write') && run.status === 0) writeTable(table)
} finally {
  await server.stop()
  rmSync(temporary, { recursive: true, force: true })
}
