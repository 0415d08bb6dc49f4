import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { test } from 'node:test'
import { JsonNumber } from '../../src/singer/json.ts'
import { LineWriter } from '../../src/singer/writer.ts'

test('writes messages as lines, in order, and keeps the digits of numbers', async () => {
  const stream = new PassThrough()
  const writer = new LineWriter(stream)
  await writer.writeMessage({
    type: 'RECORD',
    stream: 's',
    record: { id: new JsonNumber('9007199254740993'), text: 'a\nb' },
  })
  await writer.writeLine('{"type":"STATE"}')
  assert.equal(stream.read(), null)
  await writer.flush()
  assert.equal(
    String(stream.read()),
    '{"type":"RECORD","stream":"s","record":{"id":9007199254740993,"text":"a\\nb"}}\n{"type":"STATE"}\n',
  )
})

test('N-3: waits until the reader has taken a block before it accepts more', async () => {
  const taken: (() => void)[] = []
  let written = 0
  const slow = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      written += chunk.length
      taken.push(done)
    },
  })
  const writer = new LineWriter(slow)
  const line = 'x'.repeat(70_000)
  let lines = 0
  const writing = (async () => {
    for (; lines < 3; lines++) await writer.writeLine(line)
  })()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([lines, written], [0, 70_001])
  taken.shift()?.()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([lines, written], [1, 140_002])
  taken.shift()?.()
  await new Promise((resolve) => setImmediate(resolve))
  taken.shift()?.()
  await writing
  assert.deepEqual([lines, written], [3, 210_003])
})

function failingWith(code: string): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write failed'), { code })),
  })
}

test('distinguishes a closed reader from a full disk', async () => {
  for (const [code, expected] of [
    ['EPIPE', 'OUTPUT_CLOSED'],
    ['ENOSPC', 'OUTPUT_FAILED'],
  ] as const) {
    const writer = new LineWriter(failingWith(code))
    await writer.writeLine('a')
    await assert.rejects(writer.flush(), { name: 'AppError', code: expected })
  }
})

test('fails again at every later write, and writes nothing for an empty flush', async () => {
  const writer = new LineWriter(failingWith('EPIPE'))
  await writer.flush()
  for (let attempt = 0; attempt < 2; attempt++) {
    await writer.writeLine('a')
    await assert.rejects(writer.flush(), { code: 'OUTPUT_CLOSED' })
  }
})
