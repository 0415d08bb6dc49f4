/**
 * Preloaded into every program: replaces the message of each JSON log line of the tap and the
 * target with random words. `SCRAMBLE_SEED` seeds the words.
 */

import { basename } from 'node:path'
import { between, pick, seededRandom } from '../../../src/sandbox/random.ts'

const PROGRAMS = new Set(['tap-customerio.js', 'target-warehouse.js'])
const WORDS = ['amber', 'birch', 'cobalt', 'dune', 'ember', 'fjord', 'grove', 'harbour']

const random = seededRandom(Number(process.env['SCRAMBLE_SEED']))

function randomSentence(): string {
  const count = between(random, 1, 6)
  return Array.from({ length: count }, () => pick(random, WORDS)).join(' ')
}

function scrambled(line: string): string {
  if (!line.startsWith('{')) return line
  const document = JSON.parse(line) as { message: string }
  return JSON.stringify({ ...document, message: randomSentence() })
}

if (PROGRAMS.has(basename(process.argv[1] ?? ''))) {
  const write = process.stderr.write.bind(process.stderr)
  // The logger writes whole lines, without an encoding and without a callback.
  process.stderr.write = (lines: string | Uint8Array) =>
    write(String(lines).split('\n').map(scrambled).join('\n'))
}
