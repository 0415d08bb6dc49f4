import assert from 'node:assert/strict'
import test from 'node:test'
import { longComments, refusedWords, wordTable } from './prose-rules.ts'

const CONTRIBUTING = `
<!-- refused words -->

| refused    | write instead |
| ---------- | ------------- |
| by foot    | manually      |
| \`is sung\`  | reports       |

<!-- end refused words -->
`
const WORDS = wordTable(CONTRIBUTING)

test('reads the table of CONTRIBUTING.md without its heading', () => {
  assert.deepEqual(WORDS, [
    { refused: 'by foot', instead: 'manually' },
    { refused: 'is sung', instead: 'reports' },
  ])
})

test('fails when the table is missing, so that the check cannot pass for lack of words', () => {
  assert.throws(() => wordTable('# Contributing'), /no table of refused words/)
})

test('finds a phrase in any case, and across the lines of a comment', () => {
  assert.deepEqual(
    refusedWords('By foot.\n/**\n * it is\n * sung\n */', WORDS).map(({ line }) => line),
    [1, 3],
  )
})

test('leaves longer words and parts of names alone', () => {
  assert.deepEqual(refusedWords('nearby footle, standby-by foots, by-foot', WORDS), [])
})

test('finds comments wider than 100 columns, but no long code and no long link', () => {
  const wide = 'x'.repeat(99)
  assert.deepEqual(
    longComments(`// ${wide}\n  const a = '${wide}'\n// https://example.com/${wide}`),
    [{ line: 1, problem: 'comment of 102 columns, at most 100' }],
  )
})
