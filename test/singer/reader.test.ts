import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../src/errors.ts'
import { readLines, type LineOptions } from '../../src/singer/lines.ts'
import { readMessage, type InputLine } from '../../src/singer/reader.ts'

async function* chunksOf(...chunks: Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
}

async function readAll(input: AsyncIterable<Buffer>, options?: LineOptions) {
  const lines: InputLine[] = []
  const bad: number[] = []
  try {
    for await (const some of readLines(input, options)) {
      while (some.next()) {
        if (!some.isUtf8) bad.push(some.number)
        const line = readMessage(some)
        if (line) lines.push(line)
      }
    }
  } catch (error) {
    return { lines, bad, error }
  }
  return { lines, bad, error: undefined }
}

function record(id: number | string): string {
  return `{"type":"RECORD","stream":"s","record":{"id":"${id}"}}`
}

test('reads the same messages however the input is chunked', async () => {
  const text = Buffer.from(`${record('é🎉')}\n\n${record(2)}\r\n{"type":"STATE","value":{}}\n`)
  const whole = await readAll(chunksOf(text))
  assert.deepEqual(
    whole.lines.map(({ number, message }) => [number, message.type]),
    [
      [1, 'RECORD'],
      [3, 'RECORD'],
      [4, 'STATE'],
    ],
  )
  for (let at = 0; at <= text.length; at++) {
    const cut = await readAll(chunksOf(text.subarray(0, at), text.subarray(at)))
    assert.deepEqual(cut, whole)
  }
  const bytewise = await readAll(chunksOf(...[...text].map((byte) => Buffer.from([byte]))))
  assert.deepEqual(bytewise, whole)
})

test('reads the complete lines of an input that is cut at any byte, then reports the cut, unless at a line end (L4)', async () => {
  const lines = [record(1), record(2), record(3)]
  const text = Buffer.from(`${lines.join('\n')}\n`)
  for (let at = 0; at <= text.length; at++) {
    const { lines: found, error } = await readAll(chunksOf(text.subarray(0, at)))
    const whole = lines.filter((_, n) => at >= lines.slice(0, n + 1).join('\n').length).length
    assert.equal(found.length, whole)
    const rest = at - lines.slice(0, whole).join('\n').length - (whole > 0 ? 1 : 0)
    if (rest <= 0) assert.equal(error, undefined)
    else {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'INPUT_TRUNCATED')
      assert.equal(error.message, `The input ended in the middle of line ${whole + 1}.`)
    }
  }
})

test('an error follows all messages before it, including those of the same chunk', async () => {
  const { lines, error } = await readAll(
    chunksOf(Buffer.from(`${record(1)}\n${record(2)}\nno\n${record(4)}\n`)),
  )
  assert.equal(lines.length, 2)
  assert.ok(error instanceof AppError)
  assert.equal(error.code, 'INPUT_INVALID')
  assert.equal(error.message, 'Line 3 of the input is not valid JSON.')
  assert.deepEqual(error.facts, { line: 3 })
  assert.equal(error.cause, undefined)
})

async function* broken(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(`${record(1)}\n`))
  throw new Error('EIO')
}

test('an input stream that fails counts as truncated', async () => {
  const { lines, error } = await readAll(broken())
  assert.equal(lines.length, 1)
  assert.ok(error instanceof AppError && error.code === 'INPUT_TRUNCATED')
})

test('refuses a line that is too long before it is complete (L20)', async () => {
  let given = 0
  async function* endless(): AsyncGenerator<Buffer> {
    yield await Promise.resolve(Buffer.from(`${record(1)}\n`))
    for (;;) {
      given++
      yield Buffer.alloc(1000, 0x20)
    }
  }
  const { lines, error } = await readAll(endless(), { maxLineBytes: 10_000 })
  assert.equal(lines.length, 1)
  assert.ok(error instanceof AppError && error.code === 'INPUT_INVALID')
  assert.equal(error.message, 'Line 2 of the input is longer than 10000 bytes.')
  assert.ok(given <= 12)
})

test('reads bytes that are not UTF-8 as U+FFFD and reports the line', async () => {
  const bytes = Buffer.concat([
    Buffer.from(`${record(1)}\n{"type":"STATE","value":{"a":"`),
    Buffer.from([0xff, 0xc3]),
    Buffer.from('"}}\n'),
  ])
  const { lines, bad } = await readAll(chunksOf(bytes))
  assert.deepEqual(bad, [2])
  assert.deepEqual(lines[1]?.message, { type: 'STATE', value: { a: '\ufffd\ufffd' } })
})

test('accepts any case of `type`, optional fields, and numbers without loss', async () => {
  const { lines } = await readAll(
    chunksOf(
      Buffer.from(
        [
          '{"type":"schema","stream":"s","schema":{"properties":{"a":{}}},"key_properties":["a","a"],"bookmark_properties":"a"}',
          '{"type":"Record","stream":"s","record":{"a":1},"version":1674486431563,"time_extracted":"x","more":1}',
          '{"type":"record","stream":"s","record":{},"version":null}',
          '{"type":"activate_version","stream":"s","version":3}',
          '{"type":"HELLO"}',
          '{"type":"SCHEMA","stream":"s","schema":{"properties":{}}}',
        ].join('\n'),
      ),
    ),
  )
  assert.deepEqual(
    lines.map(({ message }) => message),
    [
      { type: 'SCHEMA', stream: 's', schema: { properties: { a: {} } }, key_properties: ['a'] },
      {
        type: 'RECORD',
        stream: 's',
        record: { a: 1 },
        version: 1674486431563,
        time_extracted: 'x',
      },
      { type: 'RECORD', stream: 's', record: {} },
      { type: 'ACTIVATE_VERSION', stream: 's', version: 3 },
      { type: 'UNKNOWN', name: 'HELLO' },
      { type: 'SCHEMA', stream: 's', schema: { properties: {} }, key_properties: [] },
    ],
  )
})

test('reports the line and the cause of each protocol error, and none of its values', async () => {
  const cases: [string, string][] = [
    ['7', 'is not a JSON object'],
    ['{"type":5}', 'is a message without a string in `type`'],
    ['{"type":"RECORD","record":{}}', 'is a message without a string in `stream`'],
    ['{"type":"RECORD","stream":"s"}', 'is a RECORD message without an object in `record`'],
    [
      '{"type":"RECORD","stream":"s","record":{},"version":1.5}',
      'has a `version` that is not an integer',
    ],
    ['{"type":"SCHEMA","stream":"s"}', 'is a SCHEMA message without `properties` in its `schema`'],
    [
      '{"type":"SCHEMA","stream":"s","schema":{"properties":{}},"key_properties":"id"}',
      'has `key_properties` that are not a list of names',
    ],
    ['{"type":"ACTIVATE_VERSION","stream":"s"}', 'has a `version` that is not an integer'],
    ['{"type":"STATE","value":null}', 'is a STATE message without an object in `value`'],
    ['{"type":"batch"}', 'is a BATCH message, which is not supported'],
  ]
  for (const [line, fault] of cases) {
    const { error } = await readAll(chunksOf(Buffer.from(`${line}\n`)))
    assert.ok(error instanceof AppError && error.code === 'INPUT_INVALID')
    assert.equal(error.message, `Line 1 of the input ${fault}.`)
  }
})
