import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPageFiles } from '../../../src/console/routes/page-files.ts'
import { run, temporaryFolder } from '../../support/programs.ts'

test('the files of the page are found by their paths, and only those of known types', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  await writeFile(join(folder, 'assets/app-1a2b.js'), 'start()')
  await writeFile(join(folder, 'assets/app-1a2b.js.map'), '{}')
  const files = await readPageFiles(folder)
  assert.deepEqual(
    new Map([...files].map(([path, { type, isHashed }]) => [path, `${type} ${isHashed}`])),
    new Map([
      ['/assets/app-1a2b.js', 'text/javascript; charset=utf-8 true'],
      ['/index.html', 'text/html; charset=utf-8 false'],
    ]),
  )
  assert.equal(files.get('/index.html')?.body.toString(), '<!doctype html>')
})

test('a build without a page has no files', async (t) => {
  assert.equal((await readPageFiles(join(await temporaryFolder(t), 'none'))).size, 0)
})

test('only the command console loads its server', async (t) => {
  const folder = await temporaryFolder(t)
  const script = join(folder, 'report.cjs')
  await writeFile(
    script,
    `process.on('exit', () => {
      const names = Object.keys(require.cache)
      process.stderr.write(names.some((name) => name.includes('/fastify/')) ? 'loaded' : 'not loaded')
    })`,
  )
  const nodeArgs = ['--require', script]
  const reported = async (args: string[]) =>
    (await run('customerio-sync', { args, nodeArgs, cwd: folder })).stderr
  assert.equal(await reported(['--help']), 'not loaded')
  assert.equal(await reported(['console', '--help']), 'not loaded')
  assert.match(await reported(['console', '--host', '0.0.0.0']), /loaded$/)
  assert.doesNotMatch(await reported(['console', '--host', '0.0.0.0']), /not loaded$/)
})
