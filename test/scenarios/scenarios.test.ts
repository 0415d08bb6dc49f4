import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../support/programs.ts'
import { OUT_OF_SCOPE, SCENARIOS, TESTED_IN } from './scenarios.ts'

const TITLE = /\b(?:test|suite)\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g

function titlesIn(file: string): string[] {
  const text = readFileSync(join(ROOT, 'test', file), 'utf8')
  return [...text.matchAll(TITLE)].map((match) => match[2] ?? '')
}

test('every scenario has a test with its number in the title, or a reason why it has none', () => {
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  const titles = files.filter((name) => name.endsWith('.test.ts')).flatMap(titlesIn)
  const numbers = new Set(titles.flatMap((title) => title.match(/\b[TS]\d+\b/g) ?? []))
  const answered = new Set([...numbers, ...Object.keys(OUT_OF_SCOPE), ...Object.keys(TESTED_IN)])
  assert.deepEqual(
    SCENARIOS.filter((number) => !answered.has(number)),
    [],
  )
  const both = Object.keys(OUT_OF_SCOPE).filter((number) => numbers.has(number))
  assert.deepEqual(both, [])
  for (const { file, title } of Object.values(TESTED_IN)) {
    assert.ok(titlesIn(file).includes(title), `${file} has no test of this title: ${title}`)
  }
})
