/**
 * Compares cron ticks with a minute-by-minute walk: every IANA zone, 20 expressions, 2015 to 2035.
 * Windows around clock changes are walked in every zone. The quiet time between them is walked in
 * one zone of each group with the same changes.
 */

import { spawnSync } from 'node:child_process'
import { parseCron } from '../../src/runner/schedule/cron.ts'
import { nextCronTick, type CronInZone } from '../../src/runner/schedule/cron-ticks.ts'
import { openZone } from '../../src/runner/schedule/zone.ts'
import { DAY_MS } from '../../src/time.ts'
import {
  calendarTicks,
  differenceOf,
  EXPRESSIONS,
  historyOf,
  walkedTicks,
  type Expression,
  type History,
} from '../runner/schedule/cron-oracle.ts'
import type { Campaign } from './campaign.ts'

const SPAN = [Date.UTC(2015, 0), Date.UTC(2036, 0)] as const

/**
 * Clock changes according to Python, probed every six hours: an independent implementation with
 * its own tz data.
 */
const PYTHON = `
import json, zoneinfo
from datetime import datetime, timedelta, timezone
begin = datetime(2015, 1, 1, tzinfo=timezone.utc)
step = timedelta(hours=6)
probes = (datetime(2036, 1, 1, tzinfo=timezone.utc) - begin) // step
found = {}
for name in sorted(zoneinfo.available_timezones()):
    zone = zoneinfo.ZoneInfo(name)
    offset = lambda at: round(at.astimezone(zone).utcoffset().total_seconds() * 1000)
    changes, last, at = [], offset(begin), begin
    for probe in range(probes):
        to = at + step
        now = offset(to)
        if now != last:
            minute = at
            while offset(minute) == last: minute += timedelta(minutes=1)
            changes.append([round(minute.timestamp() * 1000), last, now])
            last = now
        at = to
    found[name] = changes
print(json.dumps(found))
`

type Changes = History['changes']

function pythonChanges(): Map<string, Changes> | undefined {
  const { status, stdout } = spawnSync('python3', ['-c', PYTHON], {
    encoding: 'utf8',
    maxBuffer: 1 << 27,
  })
  if (status !== 0) return undefined
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, Changes>))
}

function isKnown(name: string): boolean {
  try {
    return openZone(name).name !== ''
  } catch {
    return false
  }
}

class Count {
  ticks = 0
  missed = 0
  extra = 0
  readonly failures: string[] = []

  add(where: string, expected: readonly number[], actual: readonly number[]): void {
    const { missed, extra } = differenceOf(expected, actual)
    this.ticks += expected.length
    this.missed += missed.length
    this.extra += extra.length
    const [first] = [...missed, ...extra]
    if (first !== undefined && this.failures.length < 20)
      this.failures.push(
        `${where}: ${missed.length} missed, ${extra.length} extra, ${new Date(first).toISOString()}`,
      )
  }
}

function ticksIn(schedule: CronInZone, from: number, to: number): number[] {
  const ticks: number[] = []
  let tick = nextCronTick(schedule, from - 1)
  for (; tick !== undefined && tick < to; tick = nextCronTick(schedule, tick)) ticks.push(tick)
  return ticks
}

/** The values of an ascending list with `from <= value < to`. */
function between(sorted: readonly number[], from: number, to: number): number[] {
  const indexOf = (wanted: number) => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sorted[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
  return sorted.slice(indexOf(from), indexOf(to))
}

interface Walk {
  history: History
  isQuietWalked: boolean
  calendar: Map<Expression, number[]>
}

function walkZone(name: string, { history, isQuietWalked, calendar }: Walk, count: Count): void {
  const zone = openZone(name)
  for (const expression of EXPRESSIONS) {
    const schedule = { cron: parseCron(expression.text), zone }
    for (const stretch of history.stretches) {
      const { from, to, offset } = stretch
      if (!stretch.walls && !isQuietWalked) continue
      const expected = stretch.walls
        ? walkedTicks(expression, stretch)
        : between(calendar.get(expression) ?? [], from + offset, to + offset).map(
            (wallTime) => wallTime - offset,
          )
      count.add(`${expression.text} in ${name}`, expected, ticksIn(schedule, from, to))
    }
  }
}

export const CRON: Campaign = {
  name: 'cron',
  title: 'Cron ticks from 2015 to 2035 against a minute-by-minute walk',
  run: async ({ scale, say }) => {
    say('reading the time zones of Python, if it is installed')
    const python = pythonChanges()
    const names = [...new Set([...Intl.supportedValuesOf('timeZone'), ...(python?.keys() ?? [])])]
    const known = names.filter(isKnown)
    const zones = known.filter((_, at) => scale >= 1 || at % Math.ceil(1 / scale) === 0)
    say('walking the calendar')
    const calendar = calendarTicks(SPAN[0] - 2 * DAY_MS, SPAN[1] + 2 * DAY_MS)
    const groups = new Set<string>()
    const count = new Count()
    const differing: string[] = []
    let changes = 0
    for (const [at, name] of zones.entries()) {
      const history = historyOf(name, SPAN)
      const key = JSON.stringify([history.stretches[0]?.offset, history.changes])
      walkZone(name, { history, calendar, isQuietWalked: !groups.has(key) }, count)
      groups.add(key)
      changes += history.changes.length
      const ours = openZone(name).changesIn(SPAN[0], SPAN[1] - 1)
      const seen = JSON.stringify(ours.map((change) => [change.at, change.before, change.after]))
      if (seen !== JSON.stringify(history.changes))
        count.failures.push(`${name}: clock changes differ from the walk`)
      if (python?.has(name) && seen !== JSON.stringify(python.get(name))) differing.push(name)
      if (at % 25 === 24) say(`${at + 1} of ${zones.length} zones, ${count.ticks} ticks`)
    }
    const figures = {
      zones: zones.length,
      'zones unknown to the runtime': names.length - known.length,
      'groups with walked quiet time': groups.size,
      expressions: EXPRESSIONS.length,
      'clock changes': changes,
      'ticks compared': count.ticks,
      missed: count.missed,
      'duplicate or unexpected': count.extra,
      'tz data of the runtime': process.versions['tz'] ?? 'unknown',
      'zones that differ in Python': python
        ? differing.join(' ') || 'none'
        : 'Python is not installed',
    }
    return { figures, failures: count.failures }
  },
}
