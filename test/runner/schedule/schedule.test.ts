import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../../src/errors.ts'
import {
  createSchedule,
  nextTimes,
  type ScheduleSettings,
} from '../../../src/runner/schedule/schedule.ts'
import { parseCron } from '../../../src/runner/schedule/cron.ts'
import { nextCronTick } from '../../../src/runner/schedule/cron-ticks.ts'
import { openZone } from '../../../src/runner/schedule/zone.ts'
import { differenceOf, EXPRESSIONS, historyOf, walkedTicks } from './cron-oracle.ts'

const NOW = Date.parse('2026-11-24T00:00:00Z')

function times(settings: ScheduleSettings, after: string, count: number): string[] {
  const schedule = createSchedule(settings, NOW)
  return nextTimes(schedule, Date.parse(after), count).map((time) =>
    new Date(time).toISOString().replace(':00.000Z', 'Z'),
  )
}

function cron(expression: string, timezone: string): ScheduleSettings {
  return { type: 'cron', expression, timezone }
}

test('a manual schedule has no ticks', () => {
  assert.deepEqual(times({ type: 'manual' }, '2026-11-24T12:30:00Z', 3), [])
})

test('aligns a basic schedule without start_at to midnight UTC: every 3h after 12:30 is 15:00', () => {
  assert.deepEqual(times({ type: 'basic', every: '3h' }, '2026-11-24T12:30:00Z', 4), [
    '2026-11-24T15:00Z',
    '2026-11-24T18:00Z',
    '2026-11-24T21:00Z',
    '2026-11-25T00:00Z',
  ])
})

test('a basic schedule with start_at fires at that time of day and at whole intervals from it', () => {
  assert.deepEqual(
    times({ type: 'basic', every: '6h', start_at: '02:10' }, '2026-11-24T19:00:00Z', 4),
    ['2026-11-24T20:10Z', '2026-11-25T02:10Z', '2026-11-25T08:10Z', '2026-11-25T14:10Z'],
  )
  assert.deepEqual(
    times({ type: 'basic', every: '24h', start_at: '23:59' }, '2026-11-24T23:59:00Z', 1),
    ['2026-11-25T23:59Z'],
  )
})

test('fires at a fixed distance for every basic interval, first within one interval', () => {
  const minutes = { '5m': 5, '10m': 10, '15m': 15, '30m': 30, '1h': 60, '3h': 180, '6h': 360 }
  const all = { ...minutes, '12h': 720, '24h': 1440 }
  const instants = fc.integer({ min: 0, max: 4_102_444_800_000 })
  const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  const names = fc.constantFrom(...(Object.keys(all) as (keyof typeof all)[]))
  fc.assert(
    fc.property(names, instants, fc.option(clock), (every, instant, start) => {
      const text = start?.map((part) => String(part).padStart(2, '0')).join(':')
      const settings = { type: 'basic' as const, every, ...(text && { start_at: text }) }
      const [first = 0, second = 0] = nextTimes(createSchedule(settings, NOW), instant, 2)
      assert.ok(first > instant && first - instant <= all[every] * 60_000)
      assert.equal(second - first, all[every] * 60_000)
      const [hour = 0, minute = 0] = start ?? []
      assert.ok((first - (hour * 60 + minute) * 60_000) % (all[every] * 60_000) === 0)
    }),
  )
})

test('fires once for times that a clock change skips, right after the change', () => {
  assert.deepEqual(times(cron('30 2 * * *', 'America/New_York'), '2027-03-13T00:00:00Z', 3), [
    '2027-03-13T07:30Z',
    '2027-03-14T07:00Z',
    '2027-03-15T06:30Z',
  ])
  // One tick replaces all skipped times. It is left out when a regular tick follows closely.
  assert.deepEqual(times(cron('*/15 2 * * *', 'Europe/Berlin'), '2027-03-28T00:00:00Z', 2), [
    '2027-03-28T01:00Z',
    '2027-03-29T00:00Z',
  ])
  assert.deepEqual(times(cron('5 1-5 * * *', 'America/New_York'), '2027-03-14T06:00:00Z', 2), [
    '2027-03-14T06:05Z',
    '2027-03-14T07:05Z',
  ])
})

test('a replacement tick keeps 15 minutes from the tick before it', () => {
  assert.deepEqual(times(cron('50 1-5 * * *', 'America/New_York'), '2027-03-14T06:00:00Z', 3), [
    '2027-03-14T06:50Z',
    '2027-03-14T07:05Z',
    '2027-03-14T07:50Z',
  ])
  const schedule = createSchedule(cron('50 1-5 * * *', 'America/New_York'), NOW)
  const afterChange = Date.parse('2027-03-14T07:02:00Z')
  assert.equal(schedule.nextAfter(afterChange), Date.parse('2027-03-14T07:05:00Z'))
})

test('fires once for times that a clock change repeats', () => {
  assert.deepEqual(times(cron('30 1 * * *', 'America/New_York'), '2027-11-06T00:00:00Z', 3), [
    '2027-11-06T05:30Z',
    '2027-11-07T05:30Z',
    '2027-11-08T06:30Z',
  ])
  const schedule = createSchedule(cron('30 1 * * *', 'America/New_York'), NOW)
  const inFirstPass = Date.parse('2027-11-07T05:45:00Z')
  assert.equal(schedule.nextAfter(inFirstPass), Date.parse('2027-11-08T06:30:00Z'))
})

test('an expression that matches every hour follows elapsed time at clock changes', () => {
  const hourly = cron('0 * * * *', 'Europe/Berlin')
  assert.deepEqual(times(hourly, '2027-03-28T00:00:00Z', 3), [
    '2027-03-28T01:00Z',
    '2027-03-28T02:00Z',
    '2027-03-28T03:00Z',
  ])
  assert.deepEqual(times(hourly, '2027-10-30T23:30:00Z', 4), [
    '2027-10-31T00:00Z',
    '2027-10-31T01:00Z',
    '2027-10-31T02:00Z',
    '2027-10-31T03:00Z',
  ])
})

test('fires once for a skipped day, even when the expression matches every hour', () => {
  assert.deepEqual(times(cron('0 12 * * *', 'Pacific/Apia'), '2011-12-29T00:00:00Z', 4), [
    '2011-12-29T22:00Z',
    '2011-12-30T10:00Z',
    '2011-12-30T22:00Z',
    '2011-12-31T22:00Z',
  ])
  assert.deepEqual(times(cron('0 * * * fri', 'Pacific/Apia'), '2011-12-24T09:00:00Z', 2), [
    '2011-12-30T10:00Z',
    '2012-01-05T10:00Z',
  ])
})

const ZONES = `UTC America/New_York Europe/Berlin Europe/Dublin Europe/Lisbon
  Australia/Lord_Howe Australia/Adelaide Pacific/Apia Pacific/Chatham
  America/Sao_Paulo America/Asuncion America/Santiago America/Havana
  America/St_Johns America/Caracas America/Nuuk America/Scoresbysund
  Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Juba Africa/Windhoek
  Antarctica/Troll Antarctica/Casey Antarctica/Macquarie Asia/Pyongyang
  Asia/Amman Asia/Beirut Asia/Gaza Asia/Tehran Asia/Kathmandu Asia/Kolkata
  Europe/Istanbul Europe/Volgograd Pacific/Norfolk Pacific/Tongatapu`.split(/\s+/)

test('agrees with a minute-by-minute walk around every clock change in three dozen zones', () => {
  const span = [Date.UTC(2015, 0), Date.UTC(2020, 0)] as const
  let windows = 0
  for (const name of ZONES) {
    const zone = openZone(name)
    const { stretches, changes } = historyOf(name, span)
    assert.deepEqual(
      zone.changesIn(...span).map(({ at, before, after }) => [at, before, after]),
      changes,
      name,
    )
    for (const expression of EXPRESSIONS) {
      const schedule = { cron: parseCron(expression.text), zone }
      for (const stretch of stretches.filter(({ walls }) => walls)) {
        windows++
        const actual: number[] = []
        let tick = nextCronTick(schedule, stretch.from - 1)
        for (; tick !== undefined && tick < stretch.to; tick = nextCronTick(schedule, tick))
          actual.push(tick)
        const difference = differenceOf(walkedTicks(expression, stretch), actual)
        assert.deepEqual(difference, { missed: [], extra: [] }, `${expression.text} in ${name}`)
      }
    }
  }
  assert.ok(windows > 3000, String(windows))
})

test('agrees with the walk for the day that Apia skipped and for unusual changes', () => {
  for (const [name, year] of [
    ['Pacific/Apia', 2011],
    ['Pacific/Fakaofo', 2011],
    ['America/Caracas', 2007],
    ['Antarctica/Casey', 2009],
  ] as const) {
    const { stretches } = historyOf(
      name,
      [Date.UTC(year, 0), Date.UTC(year + 1, 1)],
      60 * 3_600_000,
    )
    const windows = stretches.filter(({ walls }) => walls)
    assert.ok(windows.length > 0, name)
    for (const expression of EXPRESSIONS)
      for (const window of windows) {
        const schedule = { cron: parseCron(expression.text), zone: openZone(name) }
        const actual: number[] = []
        let tick = nextCronTick(schedule, window.from - 1)
        for (; tick !== undefined && tick < window.to; tick = nextCronTick(schedule, tick))
          actual.push(tick)
        const difference = differenceOf(walkedTicks(expression, window), actual)
        assert.deepEqual(difference, { missed: [], extra: [] }, `${expression.text} in ${name}`)
      }
  }
})

test('finds the same next tick from every instant before it', () => {
  const zone = fc.constantFrom(...ZONES)
  const text = fc.constantFrom(...EXPRESSIONS.map((expression) => expression.text))
  const instant = fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2035, 0) })
  fc.assert(
    fc.property(zone, text, instant, (name, expression, from) => {
      const schedule = { cron: parseCron(expression), zone: openZone(name) }
      const next = nextCronTick(schedule, from) ?? 0
      assert.ok(next > from)
      assert.equal(next % 60_000, 0)
      for (const part of [0.2, 0.9])
        assert.equal(nextCronTick(schedule, Math.floor(from + (next - from) * part)), next)
      assert.equal(nextCronTick(schedule, next - 1), next)
    }),
    { numRuns: 300 },
  )
})

function refusal(settings: ScheduleSettings): string {
  try {
    createSchedule(settings, NOW)
  } catch (error) {
    assert.ok(error instanceof AppError)
    assert.equal(error.exitStatus, 2)
    return error.message
  }
  return 'accepted'
}

const inUtc = (expression: string) => refusal(cron(expression, 'UTC'))

test('refuses ticks less than 15 minutes apart and names two of them', () => {
  const tail = '; the minimum is 15 minutes.'
  assert.equal(
    inUtc('0,50 * * * *'),
    `The cron expression \`0,50 * * * *\` has ticks only 10 minutes apart (00:50 and 01:00)${tail}`,
  )
  assert.equal(
    inUtc('* 3 * * *'),
    `The cron expression \`* 3 * * *\` has ticks only 1 minute apart (03:00 and 03:01)${tail}`,
  )
  assert.equal(
    inUtc('0,59 0,23 * * *'),
    `The cron expression \`0,59 0,23 * * *\` has ticks only 1 minute apart (23:59 and 00:00)${tail}`,
  )
  for (const accepted of ['*/15 * * * *', '0,59 0,23 * * 1', '0,59 0,23 28 2 *', '59 23 * * *'])
    assert.equal(inUtc(accepted), 'accepted', accepted)
  assert.match(inUtc('0,59 0,23 28,29 2 *'), /has ticks only 1 minute apart/)
})

test('checks clock changes for ticks that are too close', () => {
  assert.equal(
    refusal(cron('10,30,50 * * * *', 'Australia/Lord_Howe')),
    'The cron expression `10,30,50 * * * *` has ticks only 10 minutes apart at a clock change in Australia/Lord_Howe (2027-04-03T14:50Z and 2027-04-03T15:00Z); the minimum is 15 minutes.',
  )
  assert.match(
    refusal(cron('0,50 1,3 * * *', 'America/New_York')),
    /10 minutes apart at a clock change in America\/New_York/,
  )
  assert.equal(refusal(cron('0,50 1,3 * * *', 'Asia/Tokyo')), 'accepted')
  assert.equal(refusal(cron('10,30,50 * * * *', 'Europe/Berlin')), 'accepted')
})

test('names the setting that makes a schedule invalid', () => {
  const choices = '5m, 10m, 15m, 30m, 1h, 3h, 6h, 12h, 24h'
  assert.equal(refusal({ type: 'basic' }), '`schedule.every` is missing.')
  for (const every of ['7h', 'toString', '3H'])
    assert.equal(
      refusal({ type: 'basic', every: every as NonNullable<ScheduleSettings['every']> }),
      `\`schedule.every\` must be one of ${choices}, not "${every}".`,
    )
  for (const start of ['24:00', '2:00', '02:60', '02:00:00', 'noon', ''])
    assert.equal(
      refusal({ type: 'basic', every: '1h', start_at: start }),
      `\`schedule.start_at\` must be a time of day in UTC, HH:MM, not "${start}".`,
    )
  assert.equal(refusal({ type: 'cron' }), '`schedule.expression` is missing.')
  for (const zone of ['Europe/Berln', '+02:00', '', 'a b'])
    assert.equal(refusal(cron('0 0 * * *', zone)), `The time zone \`${zone}\` is unknown.`)
})

test('a paused schedule has no ticks, and a manual one is not paused', () => {
  const paused = createSchedule({ type: 'basic', every: '3h', paused: true }, 0)
  assert.deepEqual([paused.text, paused.nextAfter(0)], ['every 3h, paused', undefined])
  assert.equal(createSchedule({ type: 'manual', paused: true }, 0).text, 'manual')
  assert.equal(createSchedule({ type: 'basic', every: '3h', paused: false }, 0).text, 'every 3h')
})
