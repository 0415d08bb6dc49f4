import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSameOutput } from '../docs/output.ts'
import { readPage } from '../docs/pages.ts'
import { ROOT, run, temporaryFolder } from '../support/programs.ts'

test('CI runs the commands of the README that no test can run', async () => {
  const ci = await readFile(join(ROOT, '.ci', 'run'), 'utf8')
  for (const part of ['npm ci', 'npm run demo', 'npm test', 'npm install --global'])
    assert.ok(ci.includes(part), part)
})

/** Table names and rows of the demo's table. */
function rowsOf(text: string): unknown[] {
  const lines = text.matchAll(/^(demo_\w+) +(\d+) +(\S+Z) +[\d.]+$/gm)
  return [...lines].map((match) => [match[1], Number(match[2])])
}

test('the demo loads a workspace, and a second one reads only what it edited, as the README shows', async (t) => {
  const folder = await temporaryFolder(t)
  const first = await run('customerio-sync', { args: ['demo'], cwd: folder })
  const second = await run('customerio-sync', { args: ['demo'], cwd: folder })
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
  const shown = readPage('README.md').blocks.filter(({ text }) => text.includes('demo_newsletters'))
  const tables = [first, second].map(({ stdout }) => stdout.split('\n\n')[0] ?? '')
  assert.deepEqual(
    tables.map((table, at) => isSameOutput(shown[at]?.text ?? '', table)),
    [true, true],
    tables.join('\n'),
  )
})
