/** Loads mutated lines and asserts that they cause nothing but rows and documented errors. */

import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { AppError } from '../../../src/errors.ts'
import { readLines } from '../../../src/singer/lines.ts'
import { readMessage } from '../../../src/singer/reader.ts'
import { loadText } from './loading.ts'
import { mayShowSecret, SCHEMA_LINE, SECRET } from './mutations.ts'
import type { TestedWarehouse } from './warehouses.ts'

const PREFIX = 'fuzz_'
const BYSTANDER =
  '{"type":"SCHEMA","stream":"bystander","schema":{"properties":{"name":{"type":"integer"}}}}\n' +
  '{"type":"RECORD","stream":"bystander","record":{"name":7}}\n'
const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype).join()

export interface FuzzTotals {
  lines: number
  loads: number
  /** Lines that failed a load or its reader with an AppError. */
  rejected: number
}

/**
 * Of lines that are not messages, one in 25 is loaded; the others are only read, which is 100
 * times faster.
 */
const LOAD_EVERY = 25

async function readingError(line: string): Promise<unknown> {
  const chunks = Readable.from([Buffer.from(`${line}\n`)]) as AsyncIterable<Buffer>
  try {
    for await (const lines of readLines(chunks)) while (lines.next()) readMessage(lines)
    return undefined
  } catch (error) {
    return error
  }
}

/** Returns the lines that are messages, and some that are not. */
async function linesToLoad(lines: readonly string[], totals: FuzzTotals): Promise<string[]> {
  const kept: string[] = []
  for (const [at, line] of lines.entries()) {
    const error = await readingError(line)
    if (error === undefined || at % LOAD_EVERY === 0) kept.push(line)
    if (error === undefined) continue
    totals.rejected++
    assert.ok(error instanceof AppError && error.code.startsWith('INPUT_'), line)
    assert.ok(mayShowSecret(line) || !error.fullText.includes(SECRET), error.fullText)
  }
  return kept
}

/** Returns the line that failed the load, from 1; undefined where the error names no line. */
function failedLine(error: unknown): number | undefined {
  assert.ok(
    error instanceof AppError,
    `not an AppError: ${error instanceof Error ? error.stack : ''}`,
  )
  const { line } = error.facts
  return typeof line === 'number' ? line : undefined
}

/**
 * Loads all lines, and continues after each line that fails a load. Throws when an error is not an
 * AppError, a message contains a record's value, or another table or a prototype changes.
 */
export async function loadMutated(
  warehouse: TestedWarehouse,
  lines: readonly string[],
): Promise<FuzzTotals> {
  await loadText({ url: warehouse.url, text: BYSTANDER })
  const before = await warehouse.readAll()
  const totals = { lines: lines.length, loads: 0, rejected: 0 }
  const toLoad = await linesToLoad(lines, totals)
  for (let from = 0; from < toLoad.length;) {
    const rest = toLoad.slice(from)
    const text = `${[SCHEMA_LINE, ...rest].join('\n')}\n`
    const config = {
      table_prefix: PREFIX,
      on_invalid_record: 'reject' as const,
      batch_size_rows: 50,
    }
    const { error, stderr } = await loadText({ url: warehouse.url, text, config })
    totals.loads++
    if (!rest.some(mayShowSecret)) {
      const output = [...stderr, error instanceof AppError ? error.fullText : ''].join('\n')
      assert.ok(!output.includes(SECRET), `a message contains a value: ${output}`)
    }
    if (error === undefined) break
    totals.rejected++
    // Without a line number, a SCHEMA or its table failed: skip half of the rest, so that the loop
    // ends.
    from += Math.max(1, (failedLine(error) ?? 1 + Math.ceil(rest.length / 2)) - 1)
  }
  for (const [table, rows] of await warehouse.readAll()) {
    if (before.has(table) && table !== '_sdc_loads') assert.deepEqual(rows, before.get(table))
    else
      assert.ok(table === '_sdc_loads' || table.startsWith(PREFIX), `an unexpected table ${table}`)
  }
  assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), PROTOTYPE)
  return totals
}
