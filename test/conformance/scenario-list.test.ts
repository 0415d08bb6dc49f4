/** Every number of the two lists that loading is held against has a test that names it, or a reason why it has none. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../support/programs.ts'

/** W: what Singer expects of a target. L: what may happen to one. */
const NUMBERS = [
  ...Array.from({ length: 27 }, (_, at) => `W-${at + 1}`),
  ...Array.from({ length: 50 }, (_, at) => `L${at + 1}`),
]

const REASONS: Record<string, string> = {
  'W-20':
    'stream maps are not offered: they are Python expressions, and --about does not claim them',
  L35: 'a full disk needs a file system of its own, which only root can mount: npm run campaign does',
  L38: 'a power loss cannot be had in a process: both databases flush their log before a commit is answered',
  L48: 'no statement has a parameter for a value of a record: rows go by COPY and by the appender',
}

function titles(): string[] {
  const folder = join(ROOT, 'test')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const read = () => readFileSync(join(folder, name), 'utf8')
    if (/conformance\/fixtures\/.*\.json$/.test(name)) {
      return [(JSON.parse(read()) as { title: string }).title]
    }
    if (!name.endsWith('.test.ts')) return []
    return [...read().matchAll(/\btest\(\s*(['"`])(.*?)\1,/gs)].map((match) => match[2] ?? '')
  })
}

test('every number has a title or a reason', () => {
  const named = new Set(titles().flatMap((title) => title.match(/\b(?:W-|L)\d+\b/g) ?? []))
  const missing = NUMBERS.filter((number) => !named.has(number) && REASONS[number] === undefined)
  assert.deepEqual(missing, [])
})

test('every reason is for a number of the lists', () => {
  assert.deepEqual(
    Object.keys(REASONS).filter((number) => !NUMBERS.includes(number)),
    [],
  )
})
