import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { delayed } from '../../src/sandbox/api/answers.ts'
import { collect, messagesOf, recordsOf, ROOT, writeJson } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { CANARY, criticalOf, valueOf, workspaceOf } from './workspace.ts'

test('T56: SIGINT during the pages ends the run with 130, complete lines and no premature bookmark', async (t) => {
  const workspace = await workspaceOf(t, { paging: { newsletterMaxLimit: 5 } })
  const { faults, hooks } = workspace.sandbox
  faults.add({ match: /newsletters.*start=/, after: 2, respond: delayed(60_000) })
  const child = await workspace.start()
  hooks.add({
    match: /newsletters.*start=/,
    after: 2,
    times: 1,
    act: () => void child.kill('SIGINT'),
  })
  const { code, stderr, stdout } = await workspace.finish(child)
  assert.equal(code, 130, stderr)
  assert.match(stderr, /INFO Stopped by SIGINT\.\n$/)
  assert.ok(stdout.endsWith('\n'))
  assert.equal(valueOf(workspace, 'newsletters'), null)
  faults.clear()
  await workspace.healthy()
})

test('T56: a second signal ends the run at once', async (t) => {
  const world = { examples: false, newsletters: 2000 }
  const workspace = await workspaceOf(t, { world }, { requests_per_second: 1000 })
  const child = await workspace.start()
  await once(child.stdout, 'readable') // and never read: the writer waits for its reader
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  // Signals that are pending at the same time count as one, so this sends more until the end.
  const isEnded = () => {
    child.kill('SIGTERM')
    return child.exitCode !== null || child.signalCode !== null
  }
  // Well below the 20 s after which the first signal alone ends the tap.
  await until(isEnded, { what: 'the tap to end', idleMs: 500 })
  const [code, signal] = (await exit) as [number | null, string | null]
  assert.ok(code === 143 || signal === 'SIGTERM', `${code} ${signal}`)
  child.stdout.destroy()
  await workspace.healthy({ state: null })
})

test('T59: a stopped reader pauses the requests and loses nothing when it continues', async (t) => {
  const world = { examples: false, newsletters: 3000, campaigns: 300, actionsPerCampaign: 3 }
  const workspace = await workspaceOf(t, { world }, { requests_per_second: 1000 })
  const { requests } = workspace.sandbox
  const child = await workspace.start()
  await once(child.stdout, 'readable')
  const pages = () => requests.filter(({ path }) => path === '/v1/newsletters').length
  // No event shows that the tap has stopped: it makes no request for much longer than one takes.
  const isStill = async () => {
    const before = requests.length
    await sleep(1500)
    return before === requests.length
  }
  await until(isStill, { what: 'the requests to pause' })
  assert.ok(pages() < 20, `${pages()} pages were requested while nobody read`)
  const { code, stderr } = await workspace.finish(child)
  assert.equal(code, 0, stderr)
  await workspace.healthy()
})

test('T60: a slow reader gets every record and the last STATE', async (t) => {
  const world = { examples: false, newsletters: 300, campaigns: 3, actionsPerCampaign: 2 }
  const workspace = await workspaceOf(t, { world })
  const child = await workspace.start()
  const finished = workspace.finish(child)
  child.stdout.on('data', () => {
    child.stdout.pause()
    setTimeout(() => child.stdout.resume(), 30)
  })
  const { code, stdout } = await finished
  assert.equal(code, 0)
  assert.equal(recordsOf(stdout, 'newsletters').length, 300)
  assert.equal(messagesOf(stdout).at(-1)?.type, 'STATE')
  await workspace.healthy()
})

test('T61: a full disk at the output ends the run with one sentence', async (t) => {
  if (process.platform !== 'linux') return t.skip('needs /dev/full')
  const workspace = await workspaceOf(t)
  const settings = { app_api_key: CANARY, api_url: workspace.sandbox.url }
  const config = await writeJson(workspace.folder, 'full.json', settings)
  const full = openSync('/dev/full', 'w')
  const child = spawn(
    process.execPath,
    [join(ROOT, 'bin', 'tap-customerio.js'), '--config', config],
    { stdio: ['pipe', full, 'pipe'] },
  )
  closeSync(full)
  child.stdin?.end()
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  const [code] = (await once(child, 'close')) as [number]
  assert.equal(code, 1)
  const lines = criticalOf({ code, stdout: '', stderr })
  assert.equal(lines.length, 1)
  assert.match(
    lines[0] ?? '',
    /The output could not be written \(.*ENOSPC.*\)\. Check that the disk of the output has free space\./,
  )
  await workspace.healthy()
})

test('T63: reads 50,000 newsletters with a heap of 64 MB', async (t) => {
  const world = { examples: false, newsletters: 50_000 }
  const paging = { newsletterMaxLimit: 100 }
  const workspace = await workspaceOf(t, { world, paging }, { requests_per_second: 5000 })
  const child = await workspace.start({ nodeArgs: ['--max-old-space-size=64'] })
  child.stdin.end()
  const { code, stdout, stderr } = await collect(child)
  assert.equal(code, 0, stderr)
  assert.equal(stdout.split('"type":"RECORD"').length - 1, 50_000)
})
