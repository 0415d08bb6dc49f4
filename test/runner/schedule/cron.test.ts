import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cron } from 'croner'
import fc from 'fast-check'
import { AppError } from '../../../src/errors.ts'
import { nextWallTime, parseCron } from '../../../src/runner/schedule/cron.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')

function wallTimes(expression: string, from: number, count: number): number[] {
  const cron = parseCron(expression)
  const found: number[] = []
  for (let wallTime = nextWallTime(cron, from); wallTime !== undefined && found.length < count;) {
    found.push(wallTime)
    wallTime = nextWallTime(cron, wallTime + 60_000)
  }
  return found
}

function texts(expression: string, count = 2): string[] {
  return wallTimes(expression, NOW, count).map((wallTime) =>
    new Date(wallTime).toISOString().slice(0, 16),
  )
}

test('parses lists, ranges, steps and names in any letter case', () => {
  assert.deepEqual(texts('5,50 9-10 * * *', 3), [
    '2026-11-25T09:05',
    '2026-11-25T09:50',
    '2026-11-25T10:05',
  ])
  assert.deepEqual(texts('0 8-18/4 * * *', 3), [
    '2026-11-24T12:00',
    '2026-11-24T16:00',
    '2026-11-25T08:00',
  ])
  assert.deepEqual(texts('0 0 * JAN Mon-fri'), ['2027-01-01T00:00', '2027-01-04T00:00'])
  assert.deepEqual(texts(' 0\t0  * *  sat-sun '), ['2026-11-28T00:00', '2026-11-29T00:00'])
  assert.deepEqual(texts('0 0 * * 5-7', 3).length, 3)
  assert.deepEqual(texts('0 0 * * 0'), texts('0 0 * * 7'))
})

test('matches a day that matches either day field, unless one of them starts with a star', () => {
  assert.deepEqual(texts('0 0 1 * fri'), ['2026-11-27T00:00', '2026-12-01T00:00'])
  assert.deepEqual(texts('0 0 */2 * fri'), ['2026-11-27T00:00', '2026-12-11T00:00'])
  assert.deepEqual(texts('0 0 31 2 mon'), ['2027-02-01T00:00', '2027-02-08T00:00'])
})

test('finds rare days in bounded time, also across the year 2100', () => {
  assert.deepEqual(texts('0 0 29 2 *'), ['2028-02-29T00:00', '2032-02-29T00:00'])
  const before2100 = Date.parse('2096-03-01T00:00:00Z')
  const [next = 0] = wallTimes('0 0 29 2 */7', before2100, 1)
  assert.equal(new Date(next).toISOString().slice(0, 10), '2128-02-29')
})

const ERRORS: Record<string, string> = {
  '60 * * * *': 'is not valid: the minute must be 0 to 59, not 60',
  '0 24 * * *': 'is not valid: the hour must be 0 to 23, not 24',
  '0 0 0 * *': 'is not valid: the day of the month must be 1 to 31, not 0',
  '0 0 * 13 *': 'is not valid: the month must be 1 to 12 or jan to dec, not 13',
  '0 0 * * 8': 'is not valid: the day of the week must be 0 to 7 or sun to sat, not 8',
  '0 0 * * fry': 'is not valid: the day of the week must be 0 to 7 or sun to sat, not fry',
  'five 0 * * *': 'is not valid: the minute must be 0 to 59, not five',
  '1,,2 * * * *': 'is not valid: the minute must be 0 to 59, but a value is missing',
  '-5 * * * *': 'is not valid: the minute must be 0 to 59, but a value is missing',
  '1-2-3 * * * *': 'is not valid: the minute must be 0 to 59, not 2-3',
  '5-2 * * * *': 'is not valid: the minute has a descending range, 5-2',
  '*/0 * * * *': 'is not valid: the minute needs a whole number above 0 after the /, not 0',
  '*/ * * * *': 'is not valid: the minute needs a whole number above 0 after the /, not nothing',
  '5/10 * * * *':
    'is not valid: the minute has a step without a range: use */10 or a range such as 0-30/5',
  '*/2/3 * * * *': 'is not valid: the minute has two steps in */2/3',
  '0 0 L * *': 'is not valid: the day of the month uses L, which is not supported',
  '0 0 * * mon#2': 'is not valid: the day of the week uses #, which is not supported',
  '0 0 ? * *': 'is not valid: the day of the month uses ?, which is not supported',
  '0 0 30 2 *': 'matches no day of any year',
  '0 0 31 4,6,9,11 *': 'matches no day of any year',
  '0 0 * *': 'has 4 fields, not five',
  '0 0 1 1 * 2030': 'has 6 fields, not five',
  '@daily': 'has 1 field, not five',
  '': 'has 0 fields, not five',
}

test('names the invalid field, its value and what is allowed', () => {
  for (const [expression, reason] of Object.entries(ERRORS)) {
    const sentence = `The cron expression \`${expression}\` ${reason}.`
    assert.throws(() => parseCron(expression), new RegExp(escaped(sentence)), expression)
  }
})

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
}

test('refuses very long strings before it parses them', () => {
  for (const hostile of ['x'.repeat(1e7), `${'1,'.repeat(1e6)}1 * * * *`, '* '.repeat(1e6)])
    assert.throws(() => parseCron(hostile), /is longer than 500 characters/)
  assert.throws(() => parseCron(`${'1-59/1,'.repeat(70)}99 * * * *`), /not 99/)
})

test('accepts any string or refuses it with CONFIG_INVALID', () => {
  const piece = fc.constantFrom(...'0123456789*/,-#LW? '.split(''), 'mon', 'jan', 'x', '7')
  const text = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(text, (expression) => {
      try {
        assert.ok(parseCron(expression).minutesOfDay.length > 0)
      } catch (error) {
        assert.ok(error instanceof AppError, String(error))
        assert.equal(error.code, 'CONFIG_INVALID')
      }
    }),
    { numRuns: 2000 },
  )
})

function field(min: number, max: number): fc.Arbitrary<string> {
  const number = fc.integer({ min, max })
  const range = fc.tuple(number, number).map((pair) => pair.toSorted((a, b) => a - b).join('-'))
  const stepped = fc.tuple(
    fc.oneof(range, fc.constant('*')),
    fc.integer({ min: 1, max: Math.min(20, max - min) }),
  )
  const part = fc.oneof(
    number.map(String),
    range,
    stepped.map((pair) => pair.join('/')),
  )
  const list = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','))
  return fc.oneof(fc.constant('*'), list)
}

/**
 * croner combines the day fields unless one is exactly `*`, crontab(5) unless one starts with `*`.
 * They agree when no day field has a stepped star.
 */
const dayField = (min: number, max: number) =>
  field(min, max).filter((text) => text === '*' || !text.includes('*'))

const expressions = fc
  .tuple(field(0, 59), field(0, 23), dayField(1, 28), field(1, 12), dayField(0, 6))
  .map((fields) => fields.join(' '))

test('matches the same times as croner', () => {
  const instants = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2098, 0) })
  fc.assert(
    fc.property(expressions, instants, (expression, instant) => {
      const minute = Math.floor(instant / 60_000) * 60_000
      const theirs = new Cron(expression, { timezone: 'UTC', mode: '5-part', paused: true })
        .nextRuns(4, new Date(minute - 1000))
        .map((date) => date.getTime())
      assert.deepEqual(wallTimes(expression, minute, 4), theirs)
    }),
    { numRuns: 400 },
  )
})

function cronerTicks(expression: string, timezone: string, [from, count]: [string, number]) {
  const cron = new Cron(expression, { timezone, mode: '5-part', paused: true })
  return cron.nextRuns(count, new Date(from)).map((tick) => `${tick.toISOString().slice(0, 16)}Z`)
}

test('croner still breaks cron(8) at clock changes, the reason for our own code', () => {
  assert.deepEqual(cronerTicks('0 2,3 * * *', 'Europe/Berlin', ['2017-10-28T12:00:00Z', 3]), [
    '2017-10-29T00:00Z',
    '2017-10-29T01:00Z',
    '2017-10-29T02:00Z',
  ])
  assert.deepEqual(cronerTicks('50 1-5 * * *', 'America/New_York', ['2017-03-12T06:00:00Z', 2]), [
    '2017-03-12T06:50Z',
    '2017-03-12T07:50Z',
  ])
})
