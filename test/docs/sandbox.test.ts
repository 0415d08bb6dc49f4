/** The page about the sandbox shows what the command prints, and requests that it takes. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { collect, start } from '../support/programs.ts'
import { readPage } from './pages.ts'

const KEY = 'my-sandbox-key'

test('the page about the sandbox shows its output, and requests that work', async () => {
  const { blocks } = readPage('docs/sandbox.md')
  const shown = blocks.find(({ language }) => language === 'text')?.text
  const child = start('customerio-sync', { args: ['sandbox', '--key', KEY] })
  const ended = collect(child)
  let printed = ''
  while (!printed.includes('Ctrl-C')) {
    const [chunk] = (await once(child.stdout, 'data')) as [string]
    printed += chunk
  }
  const port = /127\.0\.0\.1:(\d+)/.exec(printed)?.[1] ?? ''
  assert.equal(printed.replaceAll(port, '8025'), shown)
  const script = blocks.find(({ text }) => text.startsWith('curl'))?.text ?? ''
  const requests = [...script.matchAll(/(http:\S+) \\\n {2}-d '([^']*)'/g)]
  assert.equal(requests.length, 2)
  for (const [, url = '', body = ''] of requests) {
    const response = await fetch(url.replace('8025', port), {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}` },
      body,
    })
    assert.equal(response.status, 200, `${url}: ${await response.text()}`)
  }
  child.kill('SIGINT')
  assert.equal((await ended).code, 130)
})
