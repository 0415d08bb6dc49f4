import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { tapProgressText, showProgress } from '../../src/cli/tap-progress.ts'
import { Logger } from '../../src/logger.ts'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { ROOT, run, temporaryFolder, writeJson } from '../support/programs.ts'
import { until } from '../support/wait.ts'

const CLIENT = { totals: { requests: 402, retries: 0, rateLimited: 0 }, throttledMs: 38_400 }

test('progress shows elapsed time, records, requests and throttled time', () => {
  const recordCounts = new Map([
    ['newsletters', 120],
    ['campaigns', 36],
  ])
  assert.equal(
    tapProgressText({ client: CLIENT, writer: { recordCounts } }, 3_725_900),
    '1:02:05 · newsletters 120, campaigns 36 · 402 requests · 38 s throttled',
  )
  const totals = { requests: 5, retries: 2, rateLimited: 1 }
  assert.equal(
    tapProgressText(
      { client: { totals, throttledMs: 0 }, writer: { recordCounts: new Map() } },
      61_000,
    ),
    '0:01:01 · no records yet · 5 requests · 2 retried · 1 rate limited · 0 s throttled',
  )
})

/** What a terminal shows at the end, after carriage returns and erased lines. */
function shownBy(written: string): string[] {
  return written
    .split('\n')
    .map((line) => (line.split('\r\u001b[K').at(-1) ?? '').replace(/\r$/, ''))
}

test('the progress line is rewritten in place, keeps log lines whole and is removed at the end', async () => {
  let written = ''
  const terminal = { isTTY: true, columns: 60, write: (text: string) => (written += text) !== '' }
  const write = (line: string) => terminal.write(line)
  const logger = new Logger({ name: 'tap', level: 'info', format: 'plain', write })
  const recordCounts = new Map<string, number>()
  const writer = { recordCounts }
  await showProgress({ client: CLIENT, logger, writer, terminal }, async () => {
    recordCounts.set('newsletters', 7)
    await until(() => written.includes('newsletters 7'), { what: 'progress' })
    logger.info('stopped', 'Something happened.')
    await until(() => /happened\.[^]*newsletters 7/.test(written), {
      what: 'progress after the log line',
    })
  })
  logger.info('stopped', 'The end.')
  assert.match(written.replaceAll('\r\u001b[K', '|'), /\|0:00:0\d · newsletters 7 · 402 requests/)
  assert.deepEqual(shownBy(written), ['INFO Something happened.', 'INFO The end.', ''])
  const drawn = written.split('\r\u001b[K').map((text) => text.replace(/\r$/, ''))
  assert.ok(drawn.filter((text) => text.includes('402')).every((text) => text.length < 60))
})

const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes(
  'util-linux',
)

test(
  'a real tap shows progress on a terminal and is quiet in a pipe',
  { skip: hasScript ? false : 'needs the script command of util-linux' },
  async (t) => {
    const sandbox = await startSandbox({
      rate: { perSecond: Number.POSITIVE_INFINITY },
      world: { examples: false, newsletters: 3, campaigns: 20, actionsPerCampaign: 1 },
    })
    t.after(() => sandbox.close())
    const folder = await temporaryFolder(t)
    const config = { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 10 }
    const path = await writeJson(folder, 'tap.json', config)
    const command = `'${process.execPath}' '${join(ROOT, 'bin/tap-customerio.js')}' --config '${path}' > /dev/null`
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let terminal = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (terminal += chunk))
    const [code] = (await once(child, 'close')) as [number]
    assert.equal(code, 0, terminal)
    assert.ok(terminal.includes('\r\u001b[K0:00:01 · newsletters 3, campaigns 20'), terminal)
    for (const line of shownBy(terminal.replaceAll('\r\n', '\n')).filter((text) => text !== ''))
      assert.match(line, /^INFO /)
    const { stderr } = await run('tap-customerio', { args: ['--config', path] })
    for (const line of stderr.trimEnd().split('\n')) assert.match(line, /^INFO /)
    assert.ok(!stderr.includes('\u001b'))
  },
)
