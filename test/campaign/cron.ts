/**
 * The schedule against a minute-by-minute walk: every zone of the IANA database, 20 expressions, 2015 to 2035. Windows around changes of the
 * clock are walked for every zone; the quiet time between them for one zone of each group whose clocks are moved at the same instants.
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

/** Changes of the clock as Python sees them, probed every six hours: another reader, other data. */
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
        `${where}: ${missed.length} missed, ${extra.length} without a reason, ${new Date(first).toISOString()}`,
      )
  }
}

function ticksIn(schedule: CronInZone, from: number, to: number): number[] {
  const ticks: number[] = []
  let tick = nextCronTick(schedule, from - 1)
  for (; tick !== undefined && tick < to; tick = nextCronTick(schedule, tick)) ticks.push(tick)
  return ticks
}

/** The part of an ascending list in `from <= value < to`. */
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
            (label) => label - offset,
          )
      count.add(`${expression.text} in ${name}`, expected, ticksIn(schedule, from, to))
    }
  }
}

export const CRON: Campaign = {
  name: 'cron',
  title: 'Ticks of cron schedules, 2015 to 2035, against a minute-by-minute walk',
  run: async ({ scale, say }) => {
    say('reading the zones of Python, where there is one')
    const python = pythonChanges()
    const names = [...new Set([...Intl.supportedValuesOf('timeZone'), ...(python?.keys() ?? [])])]
    const known = names.filter(isKnown)
    const zones = known.filter((_, at) => scale >= 1 || at % Math.ceil(1 / scale) === 0)
    say('walking the calendar')
    const calendar = calendarTicks(SPAN[0] - 2 * DAY_MS, SPAN[1] + 2 * DAY_MS)
    const groups = new Set<string>()
    const count = new Count()
    const other: string[] = []
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
        count.failures.push(`${name}: changes of the clock differ from the walk`)
      if (python?.has(name) && seen !== JSON.stringify(python.get(name))) other.push(name)
      if (at % 25 === 24) say(`${at + 1} of ${zones.length} zones, ${count.ticks} ticks`)
    }
    const figures = {
      zones: zones.length,
      'zones that the runtime does not know': names.length - known.length,
      'groups whose quiet time was walked': groups.size,
      expressions: EXPRESSIONS.length,
      'changes of the clock': changes,
      'ticks compared': count.ticks,
      missed: count.missed,
      'doubled or without a reason': count.extra,
      'tz data of the runtime': process.versions['tz'] ?? 'unknown',
      'zones that Python sees otherwise': python ? other.join(' ') || 'none' : 'no Python here',
    }
    return { figures, failures: count.failures }
  },
}
