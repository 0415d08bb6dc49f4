import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiFailure, type Client, type Response } from '../../../src/page/api/client.ts'
import { Cache } from '../../../src/page/state/cache.ts'
import { until } from '../../support/wait.ts'

const FAILURE = new ApiFailure(0, { code: 'X', message: 'Down.', hint: null, problems: [] })

/** Responds with the number of the request, or fails. */
function countingClient() {
  const paths: string[] = []
  let fails = false
  const client: Client = {
    request: async <T>(path: string) => {
      paths.push(path)
      const number = paths.length
      await Promise.resolve()
      if (fails) throw FAILURE
      return { body: number as T, etag: null } satisfies Response<T>
    },
  }
  return { client, paths, fail: (value: boolean) => (fails = value) }
}

const nothing = () => undefined

test('two components that show a path cause one request', async () => {
  const { client, paths } = countingClient()
  const cache = new Cache(client)
  let drawn = 0
  cache.follow('/a', () => drawn++)
  cache.follow('/a', nothing)
  await until(() => cache.get('/a').response, { what: 'the response' })
  await until(() => drawn >= 2, { what: 'both requests, the second because it may be newer' })
  assert.ok(paths.length <= 2)
})

test('what is shown is read again when it is out of date, the rest is forgotten', async () => {
  const { client, paths } = countingClient()
  const cache = new Cache(client)
  cache.follow('/shown', nothing)
  cache.follow('/left', nothing)()
  await until(() => cache.get('/left').response && cache.get('/shown').response, { what: 'both' })
  cache.refresh([''])
  await until(() => cache.get<number>('/shown').response?.body === 3, {
    what: 'the newer response',
  })
  assert.deepEqual(cache.get('/left'), {})
  assert.deepEqual(paths, ['/shown', '/left', '/shown'])
})

test('an error keeps what is known, and the next response removes the error', async () => {
  const { client, fail } = countingClient()
  const cache = new Cache(client)
  cache.follow('/a', nothing)
  await until(() => cache.get('/a').response, { what: 'the response' })
  fail(true)
  cache.refresh(['/a'])
  await until(() => cache.get('/a').failure, { what: 'the error' })
  assert.deepEqual(cache.get('/a'), { response: { body: 1, etag: null }, failure: FAILURE })
  fail(false)
  cache.refresh(['/a'])
  await until(() => !cache.get('/a').failure, { what: 'the response' })
  assert.equal(cache.get('/a').response?.body, 3)
})

test('a change that comes while a path is read makes it read again', async () => {
  const { client, paths } = countingClient()
  const cache = new Cache(client)
  cache.follow('/a', nothing)
  cache.refresh(['/a'])
  cache.refresh(['/a'])
  await until(() => cache.get<number>('/a').response?.body === 2, { what: 'the second response' })
  assert.deepEqual(paths, ['/a', '/a'])
})

test('an event changes what is known, and nothing that is not', async () => {
  const { client } = countingClient()
  const cache = new Cache(client)
  cache.update<number>('/a', (body) => body + 10)
  assert.deepEqual(cache.get('/a'), {})
  cache.follow('/a', nothing)
  await until(() => cache.get('/a').response, { what: 'the response' })
  cache.update<number>('/a', (body) => body + 10)
  assert.equal(cache.get<number>('/a').response?.body, 11)
})
