/** The JSON Schemas of `schemas/records/`, to validate what the programs really print and send. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parseEpochMs } from '../../src/rfc3339.ts'
import { ROOT } from './programs.ts'

export type RecordSchema = 'run.json' | 'webhook.json'

function isDateTime(text: string): boolean {
  return parseEpochMs(text) !== undefined
}

async function loadSchema(name: RecordSchema): Promise<object> {
  return JSON.parse(await readFile(join(ROOT, 'schemas', 'records', name), 'utf8')) as object
}

/**
 * Fails unless the value matches the schema, with every property that the schema knows and no
 * other.
 */
export async function assertMatches(name: RecordSchema, value: unknown): Promise<void> {
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    formats: { 'date-time': isDateTime },
  })
  ajv.addSchema(await loadSchema('run.json'))
  if (name !== 'run.json') ajv.addSchema(await loadSchema(name))
  const validate = ajv.getSchema(name)
  assert.ok(validate)
  assert.ok(validate(value), JSON.stringify([validate.errors, value], undefined, 2))
}
