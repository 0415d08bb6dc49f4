import assert from 'node:assert/strict'
import { test } from 'node:test'
import { upcomingRunsText } from '../../../src/cli/commands/upcoming-runs.ts'
import { ConnectionFile } from '../../../src/runner/connection/connection-file.ts'
import { parseConnection } from '../../../src/runner/connection/connection.ts'
import { createSchedule } from '../../../src/runner/schedule/schedule.ts'

test('the table promises no run during a pause', () => {
  const now = Date.parse('2026-11-24T01:50:00Z')
  const document = { source: { app_api_key: 'key-123456' } }
  const scheduled = ['/etc/eu.json', '/etc/us.json'].map((path) => {
    const known = parseConnection(document, path, {})
    const schedule = createSchedule({ type: 'basic', every: '1h' }, now)
    return { file: new ConnectionFile(known, async () => known), schedule }
  })
  const until = Date.parse('2026-11-24T05:00:00Z')
  const backoff = { since: now, until, failures: 1, fingerprint: '', exitStatus: 3 }
  const text = upcomingRunsText(scheduled, { now, pauses: new Map([['/etc/eu.json', backoff]]) })
  const times = text.split('\n').flatMap((line) => /\d\d:\d\d(?= *$)/.exec(line) ?? [])
  assert.deepEqual(times, ['05:00', '06:00', '07:00', '02:00', '03:00', '04:00'])
})
