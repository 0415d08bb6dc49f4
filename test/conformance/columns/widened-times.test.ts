/** Widens columns of times that hold values which only SQL can insert. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES } from '../support/warehouses.ts'

function schemaOf(formats: { at?: string; day?: string }): string {
  const properties = {
    id: { type: 'integer' },
    at: { type: 'string', format: formats.at },
    day: { type: 'string', format: formats.day },
  }
  return `${JSON.stringify({ type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: ['id'] })}\n`
}

function record(id: number, at: string, day: string): string {
  return `${JSON.stringify({ type: 'RECORD', stream: 's', record: { id, at, day } })}\n`
}

const TIMES = schemaOf({ at: 'date-time', day: 'date' })

for (const { name, create, ancient, hasInfinity } of WAREHOUSES) {
  test(`${name}: times and dates become strings with their year, era and infinity`, async (t) => {
    const { url, read, execute } = await create(t)
    const first = await loadText({
      url,
      text:
        TIMES +
        record(1, '2026-01-02T03:04:05.678+02:00', '2026-01-02') +
        record(2, '0001-01-01T00:00:00Z', '0001-01-01') +
        record(3, '0007-08-09T10:11:12Z', '0007-08-09') +
        record(4, '9999-12-31T23:59:59-05:00', '9999-12-31'),
    })
    assert.equal(first.error, undefined)
    const infinities = hasInfinity ? ['infinity', '-infinity'] : []
    const values = [
      '(8, null, null)',
      ...(ancient ? [`(5, '${ancient.time}', '${ancient.date}')`] : []),
      ...infinities.map((value, at) => `(${6 + at}, '${value}', '${value}')`),
    ]
    await execute(`insert into s (id, "at", day) values ${values.join(', ')}`)
    const { error } = await loadText({
      url,
      text: schemaOf({}) + record(9, 'yesterday', 'today'),
    })
    assert.equal(error, undefined)
    const found = (await read('s'))?.toSorted((a, b) => Number(a['id']) - Number(b['id']))
    assert.deepEqual(
      found?.map(({ at, day }) => [at, day]),
      [
        ['2026-01-02T01:04:05.678000Z', '2026-01-02'],
        ['0001-01-01T00:00:00.000000Z', '0001-01-01'],
        ['0007-08-09T10:11:12.000000Z', '0007-08-09'],
        [ancient ? '10000-01-01 04:59:59+00' : null, '9999-12-31'],
        ...(ancient ? [[ancient.time, ancient.date]] : []),
        ...infinities.map((value) => [value, value]),
        [null, null],
        ['yesterday', 'today'],
      ],
    )
    const beyond = found?.map((row) => row['at__text'] ?? null).filter((text) => text !== null)
    assert.deepEqual(beyond, ancient ? [] : ['9999-12-31T23:59:59-05:00'])
  })
}

for (const { name, create, ancient } of WAREHOUSES) {
  test(`${name}: dates become timestamps; if one is out of range, timestamps go to a variant column`, async (t) => {
    const { url, read, execute } = await create(t)
    await loadText({ url, text: TIMES + record(1, '2026-01-02T03:04:05Z', '2026-01-02') })
    await loadText({ url, text: TIMES + record(3, '2026-01-02T03:04:05Z', '5000-01-01') })
    const widened = TIMES.replace('"format":"date"', '"format":"date-time"')
    const first = await loadText({
      url,
      text: widened + record(4, '2026-01-02T03:04:05Z', '2026-01-03T00:00:01Z'),
    })
    assert.equal(first.error, undefined)
    const days = async () => {
      const rows = (await read('s')) ?? []
      return rows.toSorted((a, b) => Number(a['id']) - Number(b['id'])).map((row) => row['day'])
    }
    assert.deepEqual(await days(), [
      '2026-01-02T00:00:00Z',
      '5000-01-01T00:00:00Z',
      '2026-01-03T00:00:01Z',
    ])
    // Where times end with the year 9999, so do dates.
    if (!ancient) return
    await execute('drop table s')
    await loadText({ url, text: TIMES + record(1, '2026-01-02T03:04:05Z', '2026-01-02') })
    await execute(`insert into s (id, day) values (2, '400000-01-01')`)
    const { error, stderr } = await loadText({
      url,
      text: widened + record(3, '2026-01-02T03:04:05Z', '2026-01-03T00:00:01Z'),
    })
    assert.equal(error, undefined, String(error))
    assert.match(stderr.join(''), /A column was not widened because it holds dates/)
    assert.deepEqual(await days(), ['2026-01-02', '400000-01-01', null])
    const rows = (await read('s')) ?? []
    assert.ok(rows.some((row) => row['day__timestamp'] === '2026-01-03T00:00:01Z'))
  })
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: a date can become a timestamp before any row or table exists`, async (t) => {
    const { url, read } = await create(t)
    const widened = TIMES.replace('"format":"date"', '"format":"date-time"')
    const text = TIMES + widened + record(1, '2026-01-02T03:04:05Z', '2026-01-03T00:00:01Z')
    const { error } = await loadText({ url, text })
    assert.equal(error, undefined, String(error))
    assert.equal((await read('s'))?.[0]?.['day'], '2026-01-03T00:00:01Z')
  })
}
