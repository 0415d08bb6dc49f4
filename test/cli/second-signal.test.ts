/** The second signal ends the program, even while DuckDB runs a statement that takes minutes. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { collect, start, untilIdle } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { configure, NAME, query, record, SCHEMA, state } from './support/target.ts'

/** A row of this table takes many minutes, in one function call that nothing can interrupt. */
const SLOW_TABLE =
  'create table users (id bigint primary key, name varchar check (levenshtein(repeat(name, 200000), repeat(name, 200001)) >= 0))'
/** A second of CPU, which the commit of one row never uses. */
const BUSY_TICKS = 100

function cpuTicks(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11)
  return Number(user) + Number(system)
}

test(
  'a second signal ends a load at once during a long statement of DuckDB',
  { skip: process.platform !== 'linux' && '/proc is not here' },
  async (t) => {
    const { path, config } = await configure(t)
    const instance = await DuckDBInstance.create(path)
    const connection = await instance.connect()
    await connection.run(SLOW_TABLE)
    connection.disconnectSync()
    instance.closeSync()
    const child = start(NAME, { args: ['--config', config] })
    const finished = collect(child)
    await new Promise((resolve) => child.stdin.write(SCHEMA + record(1) + state(1), resolve))
    await untilIdle(child)
    const before = cpuTicks(child.pid)
    child.kill('SIGTERM')
    const isBusy = () => cpuTicks(child.pid) - before > BUSY_TICKS
    await until(isBusy, { what: 'the statement to run' })
    child.kill('SIGINT')
    const { stdout, stderr } = await finished
    // The end of the grace time would be a SIGTERM.
    assert.deepEqual([child.exitCode, child.signalCode, stdout], [null, 'SIGINT', ''], stderr)
    assert.deepEqual(await query(path, 'select count(*) from users'), [['0']])
  },
)
