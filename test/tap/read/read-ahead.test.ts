import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import { eager, readAhead } from '../../../src/tap/read/read-ahead.ts'

const OPTIONS = { lists: 3, sizeOf: () => 1 }

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn()
}

async function* pagesOf(item: number, count = 2): AsyncGenerator<string> {
  for (let page = 0; page < count; page++) {
    await turn()
    yield `${item}.${page}`
  }
}

/** The later the item, the sooner its pages. */
async function* unequal(item: number): AsyncGenerator<string> {
  for (let i = 0; i < 10 - item; i++) await turn()
  yield* pagesOf(item)
}

async function* failingAtTwo(item: number): AsyncGenerator<string> {
  if (item === 2) throw new Error('list 2 failed')
  yield* pagesOf(item, 1)
}

test('yields the lists in order, whichever is read first', async () => {
  const taken: string[] = []
  for await (const { item, pages } of readAhead([1, 2, 3, 4, 5], unequal, OPTIONS)) {
    for await (const page of pages) taken.push(`${item}:${page}`)
  }
  assert.deepEqual(
    taken,
    [1, 2, 3, 4, 5].flatMap((item) => [`${item}:${item}.0`, `${item}:${item}.1`]),
  )
})

test('prefetches some lists, up to its limit', async () => {
  const opened: number[] = []
  const open = (item: number) => {
    opened.push(item)
    return pagesOf(item)
  }
  const reading = readAhead([1, 2, 3, 4, 5], open, OPTIONS)
  await settle()
  assert.deepEqual(opened, [])
  await reading.next()
  await settle()
  assert.deepEqual(opened, [1, 2, 3])
  await reading.next()
  await settle()
  assert.deepEqual(opened, [1, 2, 3, 4])
  await reading.return(undefined)
})

test('throws a failure in order, and continues after it on request', async () => {
  const taken: string[] = []
  for await (const { pages } of readAhead([1, 2, 3], failingAtTwo, OPTIONS)) {
    try {
      for await (const page of pages) taken.push(page)
    } catch (error) {
      taken.push(error instanceof Error ? error.message : '')
    }
  }
  assert.deepEqual(taken, ['1.0', 'list 2 failed', '3.0'])
})

test('waits at its memory limit, but never for the list that is being taken', async () => {
  const produced = [0, 0]
  async function* heavy(item: number): AsyncGenerator<string> {
    for (let page = 0; page < 5; page++) {
      produced[item] = (produced[item] ?? 0) + 1
      yield `${item}.${page}`
    }
  }
  const taken: string[] = []
  const options = { lists: 2, sizeOf: () => 10 * 1024 * 1024 }
  for await (const { pages } of readAhead([0, 1], heavy, options)) {
    await settle()
    assert.ok((produced[0] ?? 0) + (produced[1] ?? 0) <= 3 + taken.length)
    for await (const page of pages) taken.push(page)
  }
  assert.equal(taken.length, 10)
})

test('starts no list while it is at its memory limit', async () => {
  const begun: number[] = []
  async function* heavy(item: number): AsyncGenerator<string> {
    begun.push(item)
    yield `${item}`
  }
  const options = { lists: 4, sizeOf: () => 10 * 1024 * 1024 }
  const reading = readAhead([0, 1, 2, 3, 4, 5], heavy, options)
  const first = await reading.next()
  await settle()
  assert.deepEqual(begun, [0, 1, 2, 3])
  if (first.done) return assert.fail('nothing was read')
  for await (const page of first.value.pages) assert.equal(page, '0')
  await reading.next()
  await settle()
  assert.deepEqual(begun, [0, 1, 2, 3])
  await reading.return(undefined)
})

test('stops reading when the loop is left early', async () => {
  const ended: number[] = []
  async function* endless(item: number): AsyncGenerator<string> {
    try {
      for (;;) {
        await turn()
        yield `${item}`
      }
    } finally {
      ended.push(item)
    }
  }
  for await (const { pages } of readAhead([1, 2, 3, 4], endless, OPTIONS)) {
    await pages.next()
    break
  }
  await settle()
  assert.deepEqual(
    ended.toSorted((a, b) => a - b),
    [1, 2, 3],
  )
})

test('starts an eager list at once, and throws its failure when it is taken', async () => {
  let isStarted = false
  async function* failing(): AsyncGenerator<string> {
    isStarted = true
    yield* failingAtTwo(2)
  }
  const list = eager(failing())
  await settle()
  assert.equal(isStarted, true)
  await assert.rejects(list.next(), { message: 'list 2 failed' })
})
