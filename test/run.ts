/**
 * `npm test [-- word...]` runs the test files whose path contains one of the words, or all of them;
 * `npm run test:long [-- word...]` does so with the long ones (`*.long.test.ts`). Fails when a test
 * leaves a process or a file.
 */

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { SERVER_VARIABLE, testServer } from './support/postgres-server.ts'
import { bounded } from './support/wait.ts'

/** For one file. */
const TIMEOUT_MS = bounded(60_000)
/** More files than cores run at once, because tests often wait for a process or a server. */
const CONCURRENCY = Math.ceil(availableParallelism() * 1.5)
const MARK = `TEST_RUN=${randomUUID()}`
const LONG = '.long.test.js'

/** The compiled test files that the arguments ask for. Throws when there are none. */
function testFiles(args: readonly string[]): string[] {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const isLong = args.includes('--long')
  const words = args.filter((arg) => arg !== '--long')
  const matching = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      name.endsWith('.test.js') &&
      (words.length === 0 || words.some((word) => name.includes(word))),
  )
  const files = matching.filter((name) => name.endsWith(LONG) === isLong)
  if (files.length > 0) return files.toSorted().map((name) => join(folder, name))
  const other = isLong ? 'npm test' : 'npm run test:long'
  const hint = matching.length > 0 ? ` ${other} has ${matching.join(', ')}.` : ''
  throw new Error(`No test file matches ${words.join(', ')}.${hint}`)
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
    `--test-concurrency=${CONCURRENCY}`,
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
