import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProgressLine } from '../../src/terminal/progress.ts'

function stream(terminal: { isTTY?: boolean; columns?: number }) {
  const written: string[] = []
  const write = (text: string) => written.push(text) > 0
  return { written, stream: { ...terminal, write } }
}

test('writes at most one line a minute into a file or a pipe', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { written, stream: file } = stream({})
  const progress = new ProgressLine(file, () => 'working')
  t.mock.timers.tick(59_000)
  assert.deepEqual(written, [])
  progress.say('A line.')
  t.mock.timers.tick(61_000)
  assert.deepEqual(written, ['A line.\n', 'working\n', 'working\n'])
  progress.end()
  t.mock.timers.tick(600_000)
  assert.equal(written.length, 3)
})

test('redraws a line that is as wide as the terminal, and 80 columns where it does not say', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  for (const [columns, width] of [
    [120, 119],
    [0, 79],
  ] as const) {
    const { written, stream: terminal } = stream({ isTTY: true, columns })
    const progress = new ProgressLine(terminal, (available) => `${available}`.padEnd(200, '.'))
    t.mock.timers.tick(200)
    progress.end()
    assert.deepEqual(written, [`\r\u001b[K${String(width).padEnd(width, '.')}\r`, '\r\u001b[K'])
  }
})
