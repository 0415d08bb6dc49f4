import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '../../../src/console/api/schemas.generated.ts'
import { hasGap, isShown, joinedLines, withLines } from '../../../src/page/view/logs.ts'

function lineOf(
  line: number,
  level: Api<'LogLevel'> = 'info',
  message = `line ${line}`,
): Api<'LogLine'> {
  return { line, level, message, at: '2026-11-27T12:00:00Z', program: 'tap-customerio' }
}

test('a line is shown from its level on, and by a part of its message', () => {
  const levels = (['debug', 'info', 'warning', 'error'] as const).map((level) =>
    isShown(lineOf(1, level), { level: 'warning', search: '' }),
  )
  assert.deepEqual(levels, [false, false, true, true])
  assert.equal(isShown(lineOf(1, 'info', 'Rate limit'), { level: '', search: ' LIMIT' }), true)
  assert.equal(isShown(lineOf(1, 'info', 'Rate limit'), { level: '', search: 'rows' }), false)
})

test('each line is kept once, in order, however often and late it arrives', () => {
  const known = [lineOf(1), lineOf(3)]
  assert.deepEqual(
    withLines(known, [lineOf(4)]).map(({ line }) => line),
    [1, 3, 4],
  )
  assert.deepEqual(
    withLines(known, [lineOf(3), lineOf(2)]).map(({ line }) => line),
    [1, 2, 3],
  )
  assert.deepEqual(
    withLines(known, [lineOf(5), lineOf(4)]).map(({ line }) => line),
    [1, 3, 4, 5],
  )
})

test('the oldest lines of a long log are dropped', () => {
  const many = Array.from({ length: 6000 }, (_, at) => lineOf(at + 1))
  const kept = withLines([], many)
  assert.deepEqual([kept.length, kept[0]?.line, kept.at(-1)?.line], [5000, 1001, 6000])
})

const ALL = { level: '', search: '' }

function numbersOf(lines: readonly Api<'LogLine'>[]): number[] {
  return lines.map(({ line }) => line)
}

test('lines that arrived are shown only when the log before them was read', () => {
  const lines = [lineOf(1), lineOf(2)]
  const added = [lineOf(2), lineOf(3), lineOf(4, 'error')]
  assert.deepEqual(numbersOf(joinedLines({ lines, next: 2 }, added, ALL)), [1, 2])
  assert.deepEqual(numbersOf(joinedLines({ lines, next: null }, added, ALL)), [1, 2, 3, 4])
  const errors = { level: 'error', search: '' }
  assert.deepEqual(numbersOf(joinedLines({ lines: [], next: null }, added, errors)), [4])
  assert.deepEqual(joinedLines(undefined, added, ALL), [])
})

test('lines that are missing before the first one that arrived are a gap', () => {
  assert.equal(hasGap([lineOf(1)], [lineOf(3)], ALL), true)
  assert.equal(hasGap([], [lineOf(2)], ALL), true)
  assert.equal(hasGap([], [lineOf(1)], ALL), false)
  assert.equal(hasGap([lineOf(1), lineOf(2)], [lineOf(2), lineOf(3)], ALL), false)
  assert.equal(hasGap([lineOf(1)], [], ALL), false)
  assert.equal(hasGap([], [lineOf(9)], { level: 'error', search: '' }), false)
})
