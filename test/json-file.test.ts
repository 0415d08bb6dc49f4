import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseStateText, readJsonFile } from '../src/json-file.ts'
import { temporaryFolder } from './support/programs.ts'

test('accepts a byte order mark, and treats a blank file as an empty object', async (t) => {
  const path = join(await temporaryFolder(t), 'config.json')
  await writeFile(path, '\u{feff}{"region": "eu"}')
  assert.deepEqual(await readJsonFile(path, 'config'), { region: 'eu' })
  await writeFile(path, ' \n')
  assert.deepEqual(await readJsonFile(path, 'config'), {})
})

test('reports an invalid file without showing its content', async (t) => {
  const path = join(await temporaryFolder(t), 'config.json')
  await writeFile(path, '["a-secret-key"]')
  await assert.rejects(readJsonFile(path, 'config'), {
    message: `The config file ${path} must contain one JSON object.`,
  })
  await writeFile(path, '{"app_api_key": a-secret-key}')
  await assert.rejects(readJsonFile(path, 'config'), {
    message: `The config file ${path} is not valid JSON.`,
    hint: 'Line 1, column 17: expected a value.',
  })
})

test('reports why a file could not be read', async (t) => {
  const folder = await temporaryFolder(t)
  await assert.rejects(readJsonFile(folder, 'catalog'), {
    code: 'CONFIG_INVALID',
    message: `The catalog file ${folder} could not be read (is a folder).`,
  })
})

function stateOf(text: string): unknown {
  return parseStateText({ text, name: 'The state file state.json', code: 'CONFIG_INVALID' })
}

test('uses the last of several states, one per line', () => {
  const texts = [
    '{"a":1}\n{"a":2}\n{"a":3}\n',
    '{"a":1}\r\n{"a":2}\r\n{"a":3}',
    '\u{feff}{"a":1}\n\n{"a":3}\n\n \n',
    '{"a":3}',
    '{"a":3}\n\n',
    '{\n  "a":\n  3\n}\n',
    '{"a":1}\n{"a":2, torn\n{"a":3}\n',
  ]
  for (const text of texts) assert.deepEqual(stateOf(text), { a: 3 }, text)
  assert.deepEqual(stateOf(' \n'), {})
})

const BAD_STATES: readonly [text: string, hint: RegExp][] = [
  [
    '{"a":1}\n{"a":2}\n{"a":',
    /^Line 3, column 6: expected a value\. The last line .* incomplete\./,
  ],
  ['{"a":1}\n\n{"secret":s}\n\n', /^Line 3, column 11: expected a value\. The last line/],
  ['{\n  "a": 1,\n}\n', /^Line 3, column 1: expected a name in double quotes\.$/],
  ['{"a":\n{"b":1}\n', /^Line 3, column 1: expected a comma or \}\.$/],
  ['{"a":1}{"a":2}\n', /^Line 1, column 8: expected the end of the file\.$/],
]

test('reports line and column of invalid JSON in a state', () => {
  for (const [text, hint] of BAD_STATES) {
    assert.throws(() => stateOf(text), {
      code: 'CONFIG_INVALID',
      message: 'The state file state.json is not valid JSON.',
      hint,
    })
  }
})
