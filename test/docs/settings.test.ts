import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { AnySchemaObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { ROOT } from '../support/programs.ts'
import { allPages, type Block } from './pages.ts'

function schemaAt(path: string): AnySchemaObject {
  return JSON.parse(readFileSync(join(ROOT, 'schemas', path), 'utf8')) as AnySchemaObject
}

// The schemas of settings are draft 7, those of records 2020-12, so none is checked as a schema.
const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  validateFormats: false,
  validateSchema: false,
})
for (const name of ['tap', 'target', 'connection']) {
  ajv.addSchema(schemaAt(`config/${name}.json`), `${name}.json`)
}
ajv.addSchema(schemaAt('records/run.json'))
ajv.addSchema(schemaAt('records/webhook.json'), 'webhook')

/** A connection with these members, and a key where they name none. */
function connectionWith(members: object): object {
  return { source: { app_api_key: '${CUSTOMERIO_APP_API_KEY}' }, ...members }
}

/** Errors of a block by the word after its language; unknown settings of the programs count too. */
function errorsOf({ info, text }: Block): unknown {
  const value = JSON.parse(text) as object
  const isPart = ['schedule', 'notify', 'resources', 'destination'].includes(info)
  const name = isPart ? 'connection.json' : info
  const validate = ajv.getSchema(name)
  if (!validate) return ['', 'state', 'catalog', 'log'].includes(info) ? [] : `unknown: ${info}`
  const isValid = validate(isPart ? connectionWith({ [info]: value }) : value)
  if (!isValid) return validate.errors
  const { properties = {} } = schemaAt(
    name === 'webhook' ? 'records/webhook.json' : `config/${name}`,
  ) as {
    properties?: object
  }
  return isPart ? [] : Object.keys(value).filter((key) => !Object.hasOwn(properties, key))
}

for (const page of allPages()) {
  const blocks = page.blocks.filter(({ language }) => language === 'json')
  if (blocks.length === 0) continue
  test(`the JSON of ${page.path} parses and matches its schema`, () => {
    for (const block of blocks) assert.deepEqual(errorsOf(block), [], block.text)
  })
}
