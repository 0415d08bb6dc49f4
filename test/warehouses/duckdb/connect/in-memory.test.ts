import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { openInMemory } from '../../../../src/warehouses/duckdb/connect/in-memory.ts'

async function threadsOf(instance: DuckDBInstance): Promise<number> {
  const connection = await instance.connect()
  const found = await connection.runAndReadAll("select current_setting('threads')")
  instance.closeSync()
  return Number(found.getRows()[0]?.[0])
}

async function threadsWith(settings: Record<string, string>): Promise<number> {
  const { instance, folder } = await openInMemory(settings)
  const threads = await threadsOf(instance)
  folder.remove()
  return threads
}

test('leaves one core to the thread that reads the input', async () => {
  const cores = await threadsOf(await DuckDBInstance.create(':memory:'))
  assert.equal(await threadsWith({}), Math.max(1, cores - 1))
  assert.equal(await threadsWith({ threads: '3' }), 3)
})

test('closes an instance that cannot be set up, and removes its folder', async (t) => {
  const folders: string[] = []
  const create = DuckDBInstance.create.bind(DuckDBInstance)
  t.mock.method(DuckDBInstance, 'create', (path: string, settings: Record<string, string>) => {
    folders.push(settings['temp_directory'] ?? '')
    return create(path, settings)
  })
  const connect = t.mock.method(DuckDBInstance.prototype, 'connect', () =>
    Promise.reject(new Error('Out of memory')),
  )
  const close = t.mock.method(DuckDBInstance.prototype, 'closeSync')
  await assert.rejects(openInMemory({}), /Out of memory/)
  connect.mock.restore()
  assert.equal(close.mock.callCount(), 1)
  assert.deepEqual(
    folders.map((path) => [path !== '', existsSync(path)]),
    [[true, false]],
  )
})
