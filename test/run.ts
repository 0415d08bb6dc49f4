/** Runs every test file, then fails when one of them left a process or a file behind. */

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { SERVER_VARIABLE, testServer } from './support/postgres-server.ts'

/** For a whole file. Only what hangs takes so long: a busy machine may be ten times slower than an idle one. */
const TIMEOUT_MS = 1_200_000
const MARK = `TEST_RUN=${randomUUID()}`

/** Test files below the compiled folder; arguments narrow them down to paths that hold one of the words. */
function testFiles(words: readonly string[]): string[] {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.js'),
  )
  const wanted = files.filter(
    (name) => words.length === 0 || words.some((word) => name.includes(word)),
  )
  if (wanted.length === 0) throw new Error(`No test file has one of: ${words.join(', ')}`)
  return wanted.toSorted().map((name) => join(folder, name))
}

/** Processes that inherited this run's mark (Linux only). */
function leftProcesses(): string[] {
  const pids = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && name !== String(process.pid),
  )
  return pids.flatMap((pid) => {
    try {
      const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(MARK)
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return isOurs && command !== '' ? [`process ${pid}: ${command}`] : []
    } catch {
      return [] // ended meanwhile, or another user's
    }
  })
}

function changedFiles(): string[] {
  const status = spawnSync('git', ['status', '--porcelain'], { encoding: 'utf8' })
  return status.status === 0 ? status.stdout.split('\n').filter(Boolean) : []
}

const files = testFiles(process.argv.slice(2))
const temporary = mkdtempSync(join(tmpdir(), 'tap-customerio-test-'))
// A server of a test runs as another user, who has to come through.
chmodSync(temporary, 0o711)
const server = await testServer()
const before = new Set(changedFiles())
const [name = '', value = ''] = MARK.split('=')
const run = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${TIMEOUT_MS}`,
    ...files,
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: temporary, [name]: value, [SERVER_VARIABLE]: server.url },
  },
)
await server.stop()

const left = [
  ...(process.platform === 'linux' ? leftProcesses() : []),
  ...readdirSync(temporary).map((file) => `file ${join(temporary, file)}`),
  ...changedFiles()
    .filter((line) => !before.has(line))
    .map((line) => `in the checkout ${line}`),
]
for (const what of left) console.error(`Left behind: ${what}`)
rmSync(temporary, { recursive: true, force: true })
process.exitCode = left.length > 0 ? 1 : (run.status ?? 1)
