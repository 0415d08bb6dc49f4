/**
 * The input file of the load benchmarks: one stream, 12 fields, about 380 bytes per record. Files
 * of the same size are identical.
 */

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { between, pick, seededRandom, type Random } from '../src/sandbox/random.ts'

/** Records in the file. The figures in the documents come from 1,000,000. */
export const RECORDS = Number(process.env['BENCH_RECORDS'] ?? 200_000)

const SEED = 4
const BLOCK_RECORDS = 1000
const WORDS = ['order', 'invoice', 'welcome', 'reminder', 'spring', 'offer', 'renewal', 'account']
const PLAIN = [
  'Thank you for',
  'your recent',
  'interest in',
  'our newsletter',
  'and have a look at',
]
const ACCENTED = ['Grüße aus Köln', 'à bientôt', '日本語のお知らせ', 'crème brûlée', '🎉 🎁']
const EPOCH_MS = Date.UTC(2020, 0, 1)

export const SCHEMA = {
  type: 'SCHEMA',
  stream: 'events',
  key_properties: ['id'],
  schema: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      sequence: { type: 'integer' },
      name: { type: ['null', 'string'] },
      subject: { type: ['null', 'string'] },
      note: { type: ['null', 'string'] },
      created_at: { type: ['null', 'string'], format: 'date-time' },
      updated_at: { type: ['null', 'string'], format: 'date-time' },
      is_active: { type: ['null', 'boolean'] },
      score: { type: ['null', 'number'] },
      amount: { type: ['null', 'string'], format: 'singer.decimal', precision: 18, scale: 2 },
      tags: { type: ['null', 'array'], items: { type: 'string' } },
      address: { type: ['null', 'object'], properties: { city: { type: 'string' } } },
    },
  },
} as const

interface BenchRecord {
  id: string
  sequence: number
  name: string
  subject: string
  note: string
  created_at: string
  updated_at: string
  is_active: boolean
  score: number
  amount: string
  tags: string[]
  address: { city: string; zip: string }
}

/** One record in ten has non-ASCII strings and quotes. */
function recordOf(random: Random, index: number): BenchRecord {
  const isPlain = random() >= 0.1
  const word = () => pick(random, WORDS)
  const createdMs = EPOCH_MS + between(random, 0, 150_000_000) * 1000
  const phrases = isPlain ? PLAIN : [...PLAIN.slice(0, 2), ...ACCENTED]
  return {
    id: `ev_${String(index).padStart(9, '0')}`,
    sequence: 4_000_000_000 + index,
    name: `${word()} ${word()} ${between(random, 1, 9999)}`,
    subject: `${pick(random, phrases)}${isPlain ? '' : ' "now"'}`,
    note: `${pick(random, phrases)} ${pick(random, phrases)}\n${word()} ${word()}`,
    created_at: new Date(createdMs).toISOString().replace('.000Z', 'Z'),
    updated_at: new Date(createdMs + between(random, 0, 9e9)).toISOString(),
    is_active: random() < 0.5,
    score: between(random, 0, 1e6) / 1000,
    amount: (between(random, 0, 1e8) / 100).toFixed(2),
    tags: [word(), word()],
    address: { city: pick(random, ['Berlin', 'Lyon', 'Porto']), zip: '10115' },
  }
}

function recordMessage(random: Random, index: number): object {
  return { type: 'RECORD', stream: SCHEMA.stream, record: recordOf(random, index) }
}

/** Writes SCHEMA, the records and one STATE to a file in the folder. Returns its path. */
export async function writeRecords(folder: string, count: number): Promise<string> {
  const path = join(folder, `${count}.singer`)
  const output = createWriteStream(path)
  const random = seededRandom(SEED)
  output.write(`${JSON.stringify(SCHEMA)}\n`)
  for (let index = 0; index < count;) {
    let block = ''
    for (const end = Math.min(count, index + BLOCK_RECORDS); index < end; index++) {
      block += `${JSON.stringify(recordMessage(random, index))}\n`
    }
    if (!output.write(block)) await once(output, 'drain')
  }
  output.end(`${JSON.stringify({ type: 'STATE', value: { bookmarks: { events: { count } } } })}\n`)
  await once(output, 'close')
  return path
}

/** Writes SCHEMA and new values of some records, anywhere among RECORDS, to a file. */
export async function writeChanges(
  folder: string,
  { count, seed }: { count: number; seed: number },
): Promise<string> {
  const random = seededRandom(SEED + 1 + seed)
  const keys = new Set<number>()
  while (keys.size < Math.min(count, RECORDS)) keys.add(between(random, 0, RECORDS - 1))
  const lines = [
    SCHEMA,
    ...Array.from(keys, (index) => recordMessage(random, index)),
    { type: 'STATE', value: { bookmarks: { events: { seed } } } },
  ]
  const path = join(folder, `changes-${seed}.singer`)
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return path
}

/** Runs the work with a temporary folder, then deletes it. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-target-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
