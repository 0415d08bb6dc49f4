import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { afterReading, ageSeconds, dueSpans, type Ladder } from '../../../src/tap/windows/ages.ts'

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400]
const AGES = ['5m', '1h', '6h', '1d', '3d', '7d', '14d', '30d', '60d', '90d', '120d', '180d'].map(
  ageSeconds,
)
const START = 1_700_000_000

type AfterReading = typeof afterReading

/** One run of the tap: the pause before it, the width of its windows, and where it is killed. */
interface Run {
  pauseSeconds: number
  windowSeconds: number
  windows: number
}

const RUN: fc.Arbitrary<Run> = fc.record({
  pauseSeconds: fc.oneof(
    fc.constantFrom(15 * MINUTE, HOUR, DAY, 7 * DAY),
    fc.integer({ min: 1, max: 40 * DAY }),
  ),
  windowSeconds: fc.constantFrom(6 * HOUR, DAY, 5 * DAY, 30 * DAY),
  windows: fc.oneof({ weight: 4, arbitrary: fc.constant(10_000) }, fc.nat({ max: 12 })),
})
const HISTORY = fc.record({
  runs: fc.array(RUN, { minLength: 1, maxLength: 40 }),
  created: fc.array(fc.integer({ min: START, max: START + 300 * DAY }), {
    minLength: 1,
    maxLength: 20,
  }),
})

/** Plays a history. Returns a row that was not read at an age, although a mark says so. */
function firstLoss(
  { runs, created }: { runs: readonly Run[]; created: readonly number[] },
  move: AfterReading,
): string | undefined {
  const lastReadAt = created.map(() => -Infinity)
  let ladder: Ladder = { ages: AGES, marks: AGES.map(() => START - 1) }
  let now = START
  for (const { pauseSeconds, windowSeconds, windows } of runs) {
    now += pauseSeconds
    let left = windows
    for (const { from, to } of dueSpans(ladder, now)) {
      for (let start = from; start <= to && left-- > 0; start += windowSeconds) {
        const read = { from: start, to: Math.min(start + windowSeconds - 1, to) }
        now++
        for (const [at, second] of created.entries())
          if (read.from <= second && second <= read.to) lastReadAt[at] = now
        ladder = { ages: AGES, marks: move(ladder, read, now) }
      }
    }
    for (const [rung, mark] of ladder.marks.entries())
      for (const [at, second] of created.entries())
        if (second <= mark && (lastReadAt[at] ?? 0) < second + (AGES[rung] ?? 0))
          return `row of ${second - START} at rung ${rung}`
  }
  return undefined
}

test('a mark never passes a row that was not read at its age, whatever the pauses and kills', () => {
  fc.assert(
    fc.property(HISTORY, (history) => {
      assert.equal(firstLoss(history, afterReading), undefined)
    }),
    { numRuns: 400 },
  )
})

const WRONG: Record<string, AfterReading> = {
  'that passes what is still unread': ({ ages, marks }, read, now) =>
    marks.map((mark, rung) => Math.max(mark, Math.min(read.to, now - (ages[rung] ?? 0)))),
  'that ignores the age': ({ marks }, read) =>
    marks.map((mark) => (mark >= read.from - 1 ? Math.max(mark, read.to) : mark)),
}
for (const [name, rule] of Object.entries(WRONG)) {
  test(`the same histories catch a rule ${name}`, () => {
    const { failed } = fc.check(
      fc.property(HISTORY, (history) => firstLoss(history, rule) === undefined),
      { numRuns: 400 },
    )
    assert.ok(failed)
  })
}

test('a run that is not killed leaves nothing due', () => {
  fc.assert(
    fc.property(HISTORY, ({ runs }) => {
      let ladder: Ladder = { ages: AGES, marks: AGES.map(() => START - 1) }
      let now = START
      for (const { pauseSeconds } of runs) {
        now += pauseSeconds
        for (const span of dueSpans(ladder, now))
          ladder = { ages: AGES, marks: afterReading(ladder, span, now) }
        assert.deepEqual(dueSpans(ladder, now), [])
      }
    }),
  )
})

test('spans that touch are one span, and others stay apart', () => {
  const marks = [1000, 700]
  assert.deepEqual(dueSpans({ ages: [0, 300], marks }, 1100), [
    { from: 701, to: 800 },
    { from: 1001, to: 1100 },
  ])
  assert.deepEqual(dueSpans({ ages: [0, 300], marks: [799, 700] }, 1100), [{ from: 701, to: 1100 }])
  assert.deepEqual(dueSpans({ ages: [0, 300], marks: [1100, 800] }, 1100), [])
})

test('an age is a number of minutes, hours or days', () => {
  assert.deepEqual(['5m', '6h', '30d'].map(ageSeconds), [300, 21_600, 2_592_000])
  for (const text of ['', '5', '5s', '-1d', '0d']) assert.throws(() => ageSeconds(text), /an age/)
})
