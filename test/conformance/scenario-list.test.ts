/**
 * Checks that each scenario number of the target has a test title with it, or a reason why it has
 * no test.
 */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../support/programs.ts'

/** W: what Singer expects of a target. L: what can happen to a target. */
const NUMBERS = [
  ...Array.from({ length: 27 }, (_, at) => `W-${at + 1}`),
  ...Array.from({ length: 50 }, (_, at) => `L${at + 1}`),
]

const REASONS_WITHOUT_TEST: Record<string, string> = {
  'W-20':
    'stream maps are not supported: they are Python expressions, and --about does not list them',
  L35: 'a full disk needs a separate file system, which only root can mount: npm run campaign covers it',
  L38: 'a process cannot simulate a power loss: both databases flush their log before a commit returns',
  L48: 'no statement has parameters for record values: rows go through COPY and the appender',
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

test('every scenario number has a test title or a reason', () => {
  const named = new Set(titles().flatMap((title) => title.match(/\b(?:W-|L)\d+\b/g) ?? []))
  const missing = NUMBERS.filter(
    (number) => !named.has(number) && REASONS_WITHOUT_TEST[number] === undefined,
  )
  assert.deepEqual(missing, [])
})

test('every reason belongs to a scenario number', () => {
  assert.deepEqual(
    Object.keys(REASONS_WITHOUT_TEST).filter((number) => !NUMBERS.includes(number)),
    [],
  )
})
