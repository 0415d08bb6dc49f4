import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Logger } from '../../../src/logger.ts'
import { commitUnit } from '../../../src/loader/commit/commit.ts'
import type { Failure, Warehouse } from '../../../src/loader/warehouse.ts'
import { DUCKDB } from '../../../src/warehouses/duckdb/dialect.ts'

/** Fails as scripted: a real database cannot lose a response at a given moment. */
function scripted(failures: (Failure | 'none')[]) {
  const calls: string[] = []
  const warehouse: Warehouse = {
    dialect: DUCKDB,
    open: async () => undefined,
    describe: async () => [],
    describeViews: async () => [],
    isExact: async () => true,
    holds: async () => false,
    canMove: async () => false,
    findUsers: async () => [],
    countRows: async () => ({ live: 0, deleted: 0 }),
    summarize: async () => ({ rows: 0, deleted: 0, newest: null }),
    preview: async () => ({ columns: [], rows: [], hasMore: false }),
    storedComments: async () => [],
    commit: async () => {
      calls.push('commit')
      const failure = failures.shift()
      if (failure !== undefined && failure !== 'none') throw new Error(failure)
      return []
    },
    classify: (error) => (error as Error).message as Failure,
    recover: async () => void calls.push('recover'),
    lastLoads: async () => ({}),
    loadedStreams: async () => new Set(),
    query: async () => ({ columns: [], rows: [], hasMore: false }),
    check: async () => undefined,
    maintain: () => Promise.resolve(undefined),
    close: async () => undefined,
  }
  return { warehouse, calls }
}

async function commit(failures: (Failure | 'none')[], isRecorded = false): Promise<string[]> {
  const { warehouse, calls } = scripted(failures)
  const log: string[] = []
  const logger = new Logger({
    name: 'test',
    level: 'info',
    format: 'plain',
    write: (line) => log.push(line),
  })
  const options = {
    warehouse,
    isRecorded: async () => {
      calls.push('lookup')
      return isRecorded
    },
    logger,
    signal: new AbortController().signal,
    waitsMs: [1, 1, 1],
  }
  await commitUnit({ changes: [], steps: [] }, options).catch((error: unknown) => {
    calls.push(`threw ${(error as Error).message}`)
  })
  return calls
}

test('retries a unit after a transient failure, a limited number of times', async () => {
  assert.deepEqual(await commit([]), ['commit'])
  assert.equal(
    (await commit(['transient', 'transient'])).join(' '),
    'commit recover commit recover commit',
  )
  assert.deepEqual(
    (await commit(Array.from({ length: 9 }, () => 'transient' as const))).slice(-2),
    ['commit', 'threw transient'],
  )
})

test('does not retry after a final failure', async () => {
  assert.deepEqual(await commit(['final']), ['commit', 'threw final'])
})

test('checks the ledger before a retry when the outcome of a commit is unknown', async () => {
  assert.deepEqual(await commit(['outcome-unknown'], true), ['commit', 'recover', 'lookup'])
  assert.equal(
    (await commit(['outcome-unknown', 'transient'], false)).join(' '),
    'commit recover lookup commit recover lookup commit',
  )
})
