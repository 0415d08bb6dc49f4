import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { JsonObject } from '../../src/singer/json.ts'
import { collect, run, start, temporaryFolder, writeJson } from '../support/programs.ts'

interface Addresses {
  api_url: string
  app_api_key: string
  control_url: string
}

/** A started `customerio-sync sandbox` that has printed where it listens. */
async function startSandbox(...args: readonly string[]) {
  const child = start('customerio-sync', { args: ['sandbox', '--json', ...args] })
  const ended = collect(child)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, ended, addresses: JSON.parse(line) as Addresses }
}

test('sandbox serves a workspace on loopback until Ctrl-C, and takes edits from anybody with its key', async (t) => {
  const { child, ended, addresses } = await startSandbox('--newsletters', '3', '--campaigns', '0')
  const { api_url: url, app_api_key: key, control_url: controlUrl } = addresses
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/v1$/)
  const headers = { authorization: `Bearer ${key}` }
  const edit = { edit: 'newsletter', id: 200_001, set: { name: 'Edited' } }
  const edited = await fetch(`${controlUrl}/edits`, {
    method: 'POST',
    headers,
    body: JSON.stringify(edit),
  })
  assert.equal(edited.status, 200)
  const config = await writeJson(await temporaryFolder(t), 'tap.json', {
    app_api_key: key,
    api_url: url,
  })
  const { code, stdout, stderr } = await run('tap-customerio', { args: ['--config', config] })
  assert.equal(code, 0, stderr)
  const names = stdout
    .split('\n')
    .filter((line) => line.includes('"RECORD"') && line.includes('"newsletters"'))
    .map((line) => (JSON.parse(line) as { record: JsonObject }).record['name'])
  assert.equal(names.filter((name) => name === 'Edited').length, 1)
  child.kill('SIGINT')
  const { code: status, stderr: log } = await ended
  assert.deepEqual([status, log], [130, 'INFO Stopped by SIGINT.\n'])
  await assert.rejects(fetch(url, { headers }))
})

test('sandbox makes the same objects from the same seed, behind the key and the port that were asked for', async () => {
  const bodies: string[] = []
  for (const seed of ['5', '5', '6']) {
    const { child, ended, addresses } = await startSandbox('--seed', seed, '--key', 'my-test-key')
    const headers = { authorization: 'Bearer my-test-key' }
    const response = await fetch(`${addresses.api_url}/newsletters`, { headers })
    bodies.push(await response.text())
    child.kill('SIGTERM')
    assert.equal((await ended).code, 143)
  }
  assert.equal(bodies[0], bodies[1])
  assert.notEqual(bodies[1], bodies[2])
})

test('sandbox warns only about addresses that other machines reach', async () => {
  for (const [host, warning] of [
    ['127.0.0.2', ''],
    ['0.0.0.0', 'Other machines can reach the sandbox at 0.0.0.0.'],
  ] as const) {
    const { child, ended } = await startSandbox('--host', host)
    child.kill('SIGTERM')
    const { stderr } = await ended
    assert.equal(stderr.includes('Other machines'), warning !== '', stderr)
    assert.ok(stderr.includes(warning), stderr)
  }
})

test('sandbox says why it cannot listen, and refuses values that make no sense', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1')
  t.after(() => blocker.close())
  await once(blocker, 'listening')
  const { port } = blocker.address() as AddressInfo
  const cases: [args: string[], stderr: string][] = [
    [
      ['--port', String(port)],
      `Error: The sandbox cannot listen on 127.0.0.1, port ${port} (EADDRINUSE).\nChoose another one with --port or --host.\n`,
    ],
    [['--port', '70000'], 'Error: --port must be a whole number from 0 to 65535, not 70000.\n'],
    [['--host', ''], 'Error: --host must be an address or a name.\n'],
    [['--rate', '0'], 'Error: --rate must be a whole number from 1 to 10000, not 0.\n'],
    [
      ['--key', 'short'],
      'Error: --key must be at least 8 letters, digits, underscores and hyphens.\n',
    ],
  ]
  for (const [args, sentence] of cases) {
    const { code, stdout, stderr } = await run('customerio-sync', { args: ['sandbox', ...args] })
    assert.deepEqual([code, stdout, stderr], [2, '', sentence])
  }
})
