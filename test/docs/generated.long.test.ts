import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { ROOT } from '../support/programs.ts'

test('generated pages and diagrams are up to date', () => {
  const check = spawnSync(process.execPath, ['docs/generate.js', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  assert.equal(check.status, 0, check.stderr)
})
