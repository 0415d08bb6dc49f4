import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { retryTransient } from '../../../src/loader/commit/retry.ts'
import { Logger } from '../../../src/logger.ts'
import { wrapError } from '../../../src/warehouses/postgres/errors.ts'

const REFUSED = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
  code: 'ECONNREFUSED',
})
const TEXT =
  'The database could not be opened (connect ECONNREFUSED 127.0.0.1:1). Start the server, or correct the host and the port in `warehouse_url`.'

test('a server that cannot be reached is an error with the next step', () => {
  const error = wrapError(REFUSED, { what: 'The database could not be opened' })
  assert.ok(error instanceof AppError)
  assert.deepEqual([error.code, error.fullText], ['CONNECTION_FAILED', TEXT])
  const timeout = Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' })
  const late = wrapError(timeout, { what: 'A query failed' })
  assert.ok(late instanceof AppError)
  assert.match(late.hint ?? '', /^Check the network, and the firewalls/)
})

test('the first of several retries says how to fix the failure', async () => {
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  const logger = new Logger({ name: 'target-warehouse', level: 'info', format: 'plain', write })
  const error = wrapError(REFUSED, { what: 'The database could not be opened' })
  const failing = retryTransient(() => Promise.reject(error as AppError), 'Retrying.', {
    warehouse: { classify: () => 'transient', recover: () => Promise.resolve() },
    logger,
    signal: new AbortController().signal,
    waitsMs: [1, 1],
  })
  await assert.rejects(failing, AppError)
  assert.deepEqual(lines, [
    `WARNING Retrying. reason=${JSON.stringify(TEXT)} wait_ms=1\n`,
    'WARNING Retrying. reason="The database could not be opened (connect ECONNREFUSED 127.0.0.1:1)." wait_ms=1\n',
  ])
})
