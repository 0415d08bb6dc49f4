/** Moto's S3 server: an object store that other people wrote, on loopback. */

import { freePort } from '../../support/postgres-server.ts'
import type { Scope } from '../../support/programs.ts'
import { startTied } from '../../support/tied.ts'
import { until } from '../../support/wait.ts'
import { programOf } from '../venvs.ts'

export const KEYS = { id: 'lake-key', secret: 'a-secret-key-of-the-object-store' } as const
export const BUCKET = 'lake'

export interface ObjectStore {
  port: number
  url: string
}

async function isUp(url: string): Promise<boolean> {
  const response = await fetch(`${url}/moto-api/`).catch(() => undefined)
  await response?.arrayBuffer()
  return response?.ok === true
}

/**
 * A store with the bucket `lake`. It accepts any key, or after `isGuarded` only those of users,
 * of which there are none. It ends with the test.
 */
export async function startStore(
  test: Scope,
  { isGuarded = false }: { isGuarded?: boolean } = {},
): Promise<ObjectStore> {
  const port = await freePort()
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env
  const stop = startTied(programOf('moto', 'moto_server'), ['-H', '127.0.0.1', '-p', `${port}`], {
    env: { PATH, HOME, TMPDIR, ...(isGuarded && { INITIAL_NO_AUTH_ACTION_COUNT: '1' }) },
  })
  test.after(stop)
  const url = `http://127.0.0.1:${port}`
  await until(async () => isUp(url), { what: 'the object store to start' })
  const response = await fetch(`${url}/${BUCKET}`, { method: 'PUT' })
  if (!response.ok) throw new Error(`the bucket was not created: ${response.status}`)
  await response.arrayBuffer()
  return { port, url }
}
