import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, json, nat, property, string, tuple } from 'fast-check'
import { findJsonFault } from '../../src/singer/json-fault.ts'

const FAULTS: readonly [text: string, line: number, column: number, expected: string][] = [
  ['', 1, 1, 'a value'],
  ['{"a": 1,}', 1, 9, 'a name in double quotes'],
  ['{"a": 1\n "b": 2}', 2, 2, 'a comma or }'],
  ['{\r\n  "a": [1, 2\r\n}', 3, 1, 'a comma or ]'],
  ["{'a': 1}", 1, 2, 'a name in double quotes'],
  ['{"a" 1}', 1, 6, 'a colon'],
  ['{"a": True}', 1, 7, 'a value'],
  ['{"a": 01}', 1, 7, 'a value'],
  ['{"a": "x\n"}', 1, 9, 'a closing double quote'],
  ['{"a": "C:\\path"}', 1, 10, 'a valid escape (a backslash itself is written \\\\)'],
  ['[1,]', 1, 4, 'a value'],
  ['{}}', 1, 3, 'the end of the file'],
  ['{"a": 1} // note', 1, 10, 'the end of the file'],
]

test('reports where a text stops being JSON, and what was expected there', () => {
  for (const [text, line, column, expected] of FAULTS)
    assert.deepEqual(findJsonFault(text), { line, column, expected }, text)
})

test('accepts a text of any depth', () => {
  const depth = 1_000_000
  assert.equal(findJsonFault('['.repeat(depth) + ']'.repeat(depth)), undefined)
  assert.equal(findJsonFault('['.repeat(depth))?.column, depth + 1)
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function agrees(text: string): void {
  assert.equal(findJsonFault(text) === undefined, isJson(text), text)
}

test('finds an error in exactly the texts that JSON.parse refuses', () => {
  const pieces = [
    '',
    '"',
    '\\',
    ',',
    ':',
    '}',
    ']',
    '{',
    '[',
    '0',
    '-',
    '.',
    'e',
    'u',
    ' ',
    '\n',
    '\u{feff}',
  ]
  const piece = tuple(nat(pieces.length - 1), string({ maxLength: 2 })).map(
    ([at, other]) => pieces[at] || other,
  )
  check(property(json({ maxDepth: 3 }), agrees), { numRuns: 500 })
  const changed = property(json({ maxDepth: 3 }), nat(), piece, (text, at, inserted) => {
    const cut = at % (text.length + 1)
    agrees(text.slice(0, cut) + inserted + text.slice(cut))
    agrees(text.slice(0, cut) + inserted + text.slice(cut + 1))
  })
  check(changed, { numRuns: 5000 })
})
