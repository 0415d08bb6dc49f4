/** Starts and stops the program that stands for a ClickHouse server. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('server-process.js', import.meta.url))

export interface ClickHouseServer {
  port: number
  user: string
  password: string
  /** Ends it. It deletes its files. */
  stop: () => Promise<void>
}

export async function startClickHouse(): Promise<ClickHouseServer> {
  const folder = await mkdtemp(join(tmpdir(), 'clickhouse-'))
  const [user, password] = ['loader', 'it is a secret']
  const child = spawn(process.execPath, [PROGRAM, folder, `${user}:${password}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('The ClickHouse engine did not start'))),
  ])) as [Buffer]
  // Neither the program nor its pipes keep a test run alive.
  child.unref()
  return {
    port: Number(line.toString()),
    user,
    password,
    stop: async () => {
      child.ref()
      child.stdin.end()
      await ended
    },
  }
}
