import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorStatus } from '../../src/sandbox/api/answers.ts'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { collect, start, temporaryFolder, writeJson } from '../support/programs.ts'

test('SIGTERM during a retry wait ends the run with 143 and without an error', async (t) => {
  const sandbox = await startSandbox()
  t.after(() => sandbox.close())
  const config = { app_api_key: sandbox.apiKey, api_url: sandbox.url }
  const path = await writeJson(await temporaryFolder(t), 'tap.json', config)
  sandbox.faults.add({ respond: errorStatus(503) })
  const child = start('tap-customerio', { args: ['--config', path] })
  const finished = collect(child)
  let said = ''
  child.stderr.on('data', (chunk: string) => {
    said += chunk
    if (said.includes('attempt=2') && !child.killed) child.kill('SIGTERM')
  })
  const { code, stderr } = await finished
  assert.equal(code, 143)
  assert.match(stderr, /INFO Stopped by SIGTERM\.\n$/)
  assert.ok(!stderr.includes('CRITICAL'), stderr)
})
