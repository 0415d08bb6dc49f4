import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { seededRandom } from '../../../src/sandbox/random.ts'
import type { JsonValue } from '../../../src/singer/json.ts'
import { LoopGuard } from '../../../src/tap/api/loop-guard.ts'

const PAGE = 100
const MEGABYTE = 2 ** 20

/**
 * Gives the guard `pages` pages, each with its own cursor. `idAt` is the id of the row at a
 * position among all rows.
 */
function readPages(guard: LoopGuard, pages: number, idAt: (position: number) => JsonValue): void {
  for (let page = 0; page < pages; page++) {
    const records = Array.from({ length: PAGE }, (_, at) => ({ id: idAt(page * PAGE + at) }))
    guard.check({ records, next: `cursor ${page}` })
  }
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

const IDS: readonly [title: string, idAt: (position: number) => JsonValue][] = [
  ['descending numbers', (position) => 2_000_000 - position],
  ['numbers far apart', (position) => position * 7_919_000_003],
  ['strings', (position) => `newsletter_${position}`],
  ['long strings', (position) => `${position} `.padEnd(300, 'x')],
]

for (const [title, idAt] of IDS) {
  test(`reads 400,000 rows in a few megabytes: ids are ${title}`, () => {
    const guard = new LoopGuard('/newsletters')
    const before = heapUsed()
    readPages(guard, 4000, idAt)
    const grown = (heapUsed() - before) / MEGABYTE
    assert.ok(grown < 12, `${grown} MB`)
    guard.check({ records: [], next: undefined })
  })
}

const CIRCLE = { code: 'CURSOR_LOOP', message: /the same rows were repeated/ }
const ROWS = 200_000

test('refuses a long list that starts again under new cursors', () => {
  const guard = new LoopGuard('/newsletters')
  assert.throws(() => readPages(guard, (ROWS * 4) / PAGE, (position) => position % ROWS), CIRCLE)
})

test('refuses rows of a long list in new orders', () => {
  const guard = new LoopGuard('/newsletters')
  const random = seededRandom(1)
  const idAt = () => Math.floor(random() * ROWS)
  assert.throws(() => readPages(guard, (ROWS * 5) / PAGE, idAt), CIRCLE)
})

test('reads a list in which each row is repeated three times', () => {
  const guard = new LoopGuard('/newsletters')
  readPages(guard, (ROWS * 3) / PAGE, (position) => position - (position % 3))
  const repeated = new LoopGuard('/newsletters')
  const pageOf = (position: number) => Math.floor(position / PAGE / 3) * PAGE
  readPages(repeated, (ROWS * 3) / PAGE, (position) => pageOf(position) + (position % PAGE))
})

test('reads a list that moves by most of a page between every two requests', () => {
  const guard = new LoopGuard('/newsletters')
  const idAt = (position: number) => Math.floor(position / PAGE) * 60 + (position % PAGE)
  readPages(guard, ROWS / PAGE, idAt)
})

test('refuses a repeated cursor, whatever the pages contain', () => {
  const guard = new LoopGuard('/newsletters')
  readPages(guard, 10_000, (position) => position)
  assert.throws(() => guard.check({ records: [{ id: 'new' }], next: 'cursor 17' }), {
    code: 'CURSOR_LOOP',
    message: 'The pages of GET /newsletters form a loop: a cursor was repeated.',
  })
})

test('counts empty pages over the whole list, even between pages with new rows', () => {
  const guard = new LoopGuard('/newsletters')
  const readPair = (pair: number) => {
    guard.check({ records: [], next: `empty ${pair}` })
    guard.check({ records: [{ id: pair }], next: `row ${pair}` })
  }
  for (let pair = 0; pair < 100; pair++) readPair(pair)
  assert.throws(() => readPair(100), {
    code: 'CURSOR_LOOP',
    message: /: too many pages were empty\.$/,
  })
})
