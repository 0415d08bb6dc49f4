/**
 * Creates stream and property names that try to inject SQL, to collide with another name, or to be
 * cut.
 */

import type { JsonObject } from '../../../src/singer/json.ts'

const QUOTES = ['"', "'", '`', '""', '\\"', "\\'", '$$', '[', ']', '\u201c', '\u02bc', '\uff02', '']
const ENDS = [';', ');', ' (id int);', '; commit;', ' as select 1;', '\n', '\0', '\u2028', '']
const ATTACKS = [
  'drop table bystander',
  'delete from bystander',
  'update bystander set name = 0',
  'create table intruder (id int)',
  'alter table bystander rename to gone',
  'insert into bystander values (9)',
  'drop schema main cascade',
  "attach ':memory:' as x",
  "copy bystander to '/dev/null'",
  'select 1/0',
]
const TAILS = ['--', '/*', '#', ';--', '', ' "', "'"]
const PLAIN = [
  'bystander',
  'main.bystander',
  'public.bystander',
  '"main"."bystander"',
  'bystander"."x',
  'select',
  'table',
  'order',
  'rowid',
  'ctid',
  'oid',
  'xmin',
  'tableoid',
  '_sdc_loads',
  '_sdc_rejects',
  '_sdc_stage',
  '_SDC_LOADS',
  'temp',
  'main',
  'information_schema',
  'pg_catalog',
  'sqlite_master',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  'a-b',
  'a b',
  ' a',
  'a ',
  ' ',
  '.',
  '..',
  '*',
  '%',
  '%s',
  '$1',
  '?',
  ':x',
  '@x',
  '{}',
  '${x}',
  '0',
  '1e3',
  'null',
  'true',
  'NaN',
  '\t',
  '\n',
  '\r\n',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udc00x',
  '\ufeff',
  '\ufeffa',
  '\ufffd',
  '\u200b',
  '\u202e',
  '\u001b[31m',
  '\u001b]8;;http://x\u0007',
  '\b',
  '\\',
  '\\\\',
  '\\N',
  '\\.',
  '/',
  '../../etc/passwd',
  '🎉',
  '👩‍👧',
  'é',
  'e\u0301',
  'É',
  'ß',
  'SS',
  'ss',
  'İ',
  'i',
  'I',
  'ı',
  'ﬁ',
  'fi',
  'Σ',
  'σ',
  'ς',
  'K',
  'k',
  'A',
  'a',
  'Users',
  'users',
  'USERS',
  'uSERS',
]

/** Returns names of 62 to 65, 127 to 129 and 200 bytes, some with a long common prefix. */
function longNames(): string[] {
  return [62, 63, 64, 65, 127, 128, 129, 200].flatMap((bytes) => [
    'n'.repeat(bytes),
    'n'.repeat(bytes - 1) + 'N',
    'n'.repeat(bytes - 1) + '"',
    'é'.repeat(Math.floor(bytes / 2)),
    '🎉'.repeat(Math.floor(bytes / 4)),
    'x'.repeat(bytes - 2) + 'é',
  ])
}

/** Returns `count` different names, the plain and long ones first. */
export function hostileNames(count: number): string[] {
  const names = new Set([...PLAIN, ...longNames()])
  for (let n = 0; names.size < count && n < count * 20; n++) {
    const pick = (list: readonly string[], step: number) => list[Math.floor(n / step) % list.length]
    const [quote, attack] = [pick(QUOTES, 1), pick(ATTACKS, QUOTES.length)]
    const tail = pick(TAILS, QUOTES.length * ATTACKS.length)
    const end = pick(ENDS, QUOTES.length * ATTACKS.length * TAILS.length)
    names.add(`x${quote}${end}${attack}${tail}${n % 3 === 0 ? '' : n}`)
  }
  return [...names].slice(0, count)
}

/** Returns one stream for each name, with one record whose `id` is the index of the name. */
export function streamsOf(names: readonly string[]): string {
  const messages = names.flatMap((stream, id): JsonObject[] => [
    {
      type: 'SCHEMA',
      stream,
      schema: { properties: { id: { type: 'integer' } } },
      key_properties: ['id'],
    },
    { type: 'RECORD', stream, record: { id } },
  ])
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('')
}

/** Returns one stream with a property for each name, whose value is the index of the name. */
export function propertiesOf(stream: string, names: readonly string[]): string {
  const entries = (value: (at: number) => unknown) =>
    Object.fromEntries(names.map((name, at) => [name, value(at)]))
  const schema = { properties: entries(() => ({ type: ['null', 'integer'] })) }
  const messages = [
    { type: 'SCHEMA', stream, schema, key_properties: [] },
    { type: 'RECORD', stream, record: entries((at) => at) },
  ]
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('')
}
