import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as answers from '../../src/sandbox/api/answers.ts'
import { emptyWorld, type World } from '../../src/sandbox/world.ts'
import { JsonNumber, parseJson, printJson, type JsonObject } from '../../src/singer/json.ts'
import { messagesOf, recordsOf } from '../support/programs.ts'
import { criticalOf, workspaceOf } from './workspace.ts'

const CREATED = 1_700_000_000

function worldOf(newsletters: readonly JsonObject[]): World {
  const world = emptyWorld()
  for (const [at, fields] of newsletters.entries()) {
    world.newsletters.push({ id: at + 1, created: CREATED, updated: CREATED + at, ...fields })
  }
  return world
}

/** The newsletters that one successful run writes, by id. */
async function read(t: Parameters<typeof workspaceOf>[0], newsletters: readonly JsonObject[]) {
  const workspace = await workspaceOf(t, { world: worldOf(newsletters) })
  const { code, stdout, stderr } = await workspace.sync()
  assert.equal(code, 0, stderr)
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"type":"RECORD"'))
  const records = recordsOf(stdout, 'newsletters').toSorted(
    (a, b) => Number(a['id']) - Number(b['id']),
  )
  return { stdout, lines, records }
}

test('T50: ids keep all digits and one type, and the same id in two campaigns is two rows', async (t) => {
  const wide = new JsonNumber('9007199254740993123')
  const world = worldOf([{ id: wide }, { id: '77' }])
  for (const id of [new JsonNumber('9007199254740993'), 9, 10]) {
    const campaign = { id, name: 'c', created: CREATED, updated: CREATED }
    world.campaigns.push({ ...campaign, actions: [{ id: 5, type: 'email' }] })
    const same = { id: '5', campaign_id: id, created: CREATED, updated: CREATED }
    world.actions.set(printJson(id), [same, { ...same, id: 6, name: 'a number' }])
  }
  const workspace = await workspaceOf(t, { world })
  const { code, stdout, stderr } = await workspace.sync()
  assert.equal(code, 0, stderr)
  const newsletters = recordsOf(stdout, 'newsletters').map(({ id }) => printJson(id))
  assert.deepEqual(newsletters.toSorted(), ['77', '9007199254740993123'])
  const actions = recordsOf(stdout, 'campaign_actions').map(
    ({ campaign_id, id }) => `${printJson(campaign_id)} ${printJson(id)}`,
  )
  assert.deepEqual(
    actions,
    ['9', '10', '9007199254740993'].flatMap((id) => [`${id} "5"`, `${id} "6"`]),
  )
  for (const { actions: listed } of recordsOf(stdout, 'campaigns')) {
    assert.deepEqual(listed, [{ id: '5', type: 'email' }])
  }
})

function version(id: number, name: string, updated: number) {
  return { id, name, updated }
}

test('T51: of two objects with one key in a response, writes the one updated last, else the later one', async (t) => {
  const { records } = await read(t, [
    version(1, 'newer', CREATED + 9),
    version(1, 'older', CREATED),
    version(2, 'first of equals', CREATED),
    version(2, 'second of equals', CREATED),
  ])
  assert.equal(records.length, 2)
  assert.deepEqual([records[0]?.['name'], records[0]?.['id']], ['newer', 1])
})

test('T52: writes new fields, missing fields and fields of another type without an error', async (t) => {
  const { records } = await read(t, [
    { brand_new: { deep: [1, '2', null] } },
    { name: 5, tags: 'one', content_ids: { a: 1 }, sent_at: 'soon', tz_match_enabled: 'maybe' },
    { tags: null, content_ids: [], name: ['x'] },
  ])
  assert.deepEqual(records[0]?.['additional_fields'], { brand_new: { deep: [1, '2', null] } })
  assert.equal(records[1]?.['name'], '5')
  assert.deepEqual(records[1]?.['additional_fields'], {
    tags: 'one',
    content_ids: { a: 1 },
    sent_at: 'soon',
    tz_match_enabled: 'maybe',
  })
  assert.deepEqual([records[2]?.['tags'], records[2]?.['content_ids']], [null, []])
  assert.equal(records[2]?.['name'], '["x"]')
})

test('T52: keeps a time unchanged whose zone moves it out of the years 1 to 9999', async (t) => {
  const texts = ['9999-12-31T23:59:59-05:00', '0001-01-01T00:00:00+01:00']
  const { records } = await read(
    t,
    texts.map((text) => ({ sent_at: text, updated: text })),
  )
  for (const [at, text] of texts.entries()) {
    assert.deepEqual([records[at]?.['sent_at'], records[at]?.['updated']], [null, null])
    assert.deepEqual(records[at]?.['additional_fields'], { sent_at: text, updated: text })
  }
})

const HOSTILE_KEYS = [
  '',
  ' ',
  'a b',
  'A',
  'a',
  'k'.repeat(300),
  '🎉',
  'id;DROP TABLE x;--',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'toJSON',
  '_sdc_x',
  'a.b.c',
  'additional_fields',
  'line\nbreak',
]

test('T53: writes keys of any kind as data, at any depth, and changes no prototype', async (t) => {
  const hostile = Object.fromEntries(HOSTILE_KEYS.map((key) => [key, `value of ${key}`]))
  const nested = parseJson('{"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}}}')
  const { records } = await read(t, [{ ...hostile, deep: { list: [nested, hostile] } }])
  const extra = records[0]?.['additional_fields'] as JsonObject
  for (const key of HOSTILE_KEYS) {
    assert.equal(Object.getOwnPropertyDescriptor(extra, key)?.value, `value of ${key}`, key)
  }
  const { list } = extra['deep'] as { list: JsonObject[] }
  assert.equal(printJson(list[0]), printJson(nested))
  assert.equal(printJson(list[1]), printJson(hostile))
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})

const HOSTILE_TEXTS = [
  '\u0000 and \u0001',
  'lone \ud800, lone \udc00',
  'line\u2028separator\u2029s',
  '\u202eright to left\u2069',
  '👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '\u00e9 \u0065\u0301 \u212b',
  'cr\r lf\n crlf\r\n tab\t',
  '\u001b[2J\u001b]8;;http://evil\u0007',
  '{"type":"STATE","value":{}}\n{"type":"STATE"}',
  '\ufeffmark \\u0041 \\ "quoted"',
  "$1 \\copy \\. E'\\' ; DROP TABLE x",
]

test('T54: writes strings exactly, one message per line', async (t) => {
  const { lines, records, stdout } = await read(
    t,
    HOSTILE_TEXTS.map((name) => ({ name, [name]: name })),
  )
  assert.deepEqual(
    records.map(({ name }) => name),
    HOSTILE_TEXTS,
  )
  for (const [at, text] of HOSTILE_TEXTS.entries()) {
    assert.deepEqual(records[at]?.['additional_fields'], { [text]: text })
  }
  assert.equal(lines.length, HOSTILE_TEXTS.length)
  assert.equal(stdout.split('\n').length - 1, messagesOf(stdout).length)
})

test('T55: keeps the digits of numbers that a double cannot represent', async (t) => {
  const numbers = [
    '1e400',
    '-0',
    '1e-400',
    '0.30000000000000004',
    '9223372036854775808',
    '12345678901234567890.5',
  ]
  const { lines } = await read(
    t,
    numbers.map((text) => ({ odd: new JsonNumber(text), expires_after: new JsonNumber(text) })),
  )
  const odd = lines.map((line) => /"odd":([^,}]+)/.exec(line)?.[1])
  const same = numbers.map((text) => (text === '-0' ? '0' : text)) // one number, in JSON
  assert.deepEqual(odd.map(String).toSorted(), same.toSorted())
})

test('S12: refuses responses that are nested too deeply, and reads wide ones and long numbers', async (t) => {
  const workspace = await workspaceOf(t)
  const { faults } = workspace.sandbox
  const deep = `{"newsletters":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  faults.add({ match: /newsletters/, respond: answers.replyWith({ body: deep }) })
  const failed = await workspace.failing(5)
  assert.match(criticalOf(failed)[0] ?? '', /GET \/newsletters is nested deeper than 256 levels\./)
  faults.clear()
  const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`key ${at}`, at]))
  const long = new JsonNumber('1'.repeat(100_000))
  faults.add({
    match: /newsletters/,
    respond: answers.changeBody((body) => ({ ...body, wide, long })),
  })
  await workspace.healthy()
})

test('S10: a state and a catalog with prototype keys change no prototype', async (t) => {
  const workspace = await workspaceOf(t)
  const state = parseJson(
    '{"bookmarks":{"__proto__":{"polluted":1},"constructor":{"replication_key":"updated"}},"__proto__":{"polluted":1}}',
  ) as JsonObject
  const { stdout } = await workspace.healthy({ state })
  assert.ok(stdout.includes('"__proto__":{"polluted":1}'), 'what is not understood goes through')
})
