import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ROOT } from '../support/programs.ts'

const FOLDER = join(ROOT, 'dist', 'page')
const MAX_SCRIPT_BYTES = 100_000

function filesOf(pattern: RegExp): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) =>
    pattern.test(name),
  )
}

function textOf(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8')
}

test('all scripts of the page together have at most 100 kB, gzipped', () => {
  const sizes = filesOf(/\.js$/).map((name) => [name, gzipSync(textOf(name)).length] as const)
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0)
  assert.ok(sizes.length > 0)
  assert.ok(total <= MAX_SCRIPT_BYTES, `${total} bytes: ${JSON.stringify(sizes)}`)
})

test('the page has no inline script or style, and names no other host', () => {
  const html = textOf('index.html')
  assert.doesNotMatch(html, /<style|style=|\son\w+=/)
  assert.deepEqual(
    [...html.matchAll(/<script([^>]*)>([^<]*)</g)].filter(
      ([, attributes, text]) => !attributes?.includes('src=') || text !== '',
    ),
    [],
  )
  assert.doesNotMatch(html, /https?:/)
})

test('no script of the page evaluates text, and no style loads something', () => {
  for (const name of filesOf(/\.js$/))
    assert.doesNotMatch(textOf(name), /\beval\(|new Function\(/, name)
  for (const name of filesOf(/\.css$/)) assert.doesNotMatch(textOf(name), /@import|url\(/, name)
})

test('the scripts name no host but the namespaces of the web', () => {
  const hosts = filesOf(/\.js$/).flatMap((name) =>
    [...textOf(name).matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host),
  )
  assert.deepEqual(
    [...new Set(hosts)].filter((host) => host !== 'www.w3.org'),
    [],
  )
})

test('the header and grey lines are there before the script has run', () => {
  const html = textOf('index.html')
  const body = html.slice(html.indexOf('<body>'))
  assert.match(body, /<header class="top">[\s\S]*Connections[\s\S]*Runs[\s\S]*Destinations/)
  assert.match(body, /<main>\s*<div class="skeleton" role="status">/)
})
