/**
 * A catalog server of a test's own, which the test may kill. TEST_ICEBERG_JARS names the folder
 * with the libraries of Apache's REST catalog.
 */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT, temporaryFolder, type Scope } from '../programs.ts'
import { freePort } from '../postgres-server.ts'
import { startTied } from '../tied.ts'
import { until } from '../wait.ts'

const JARS = process.env['TEST_ICEBERG_JARS']

/** Why tests with a server of their own do not run; false if they do. */
export const WITHOUT_JARS =
  JARS === undefined && 'TEST_ICEBERG_JARS does not name a folder with the libraries of the catalog'

export interface CatalogServer {
  url: string
  /** Kills the server. Its database stays. */
  crash: () => Promise<void>
  start: () => Promise<void>
}

function compile(folder: string): void {
  const source = join(ROOT, 'test/support/iceberg/CatalogServer.java')
  const made = spawnSync('javac', ['-cp', `${JARS}/*`, '-d', folder, source], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`javac failed: ${made.stderr}`)
}

/**
 * Starts a server whose database is a file. It ends with the test. With a token, it accepts only
 * that one, and gives it to the client `id` with the secret `secret`.
 */
export async function startCatalog(
  test: Scope,
  objectStore: string,
  token?: string,
): Promise<CatalogServer> {
  const folder = await temporaryFolder(test)
  compile(folder)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const database = `jdbc:sqlite:${join(folder, 'catalog.db')}`
  let kill: (() => Promise<void>) | undefined
  const isReady = async (): Promise<boolean> =>
    fetch(`${url}/v1/config?warehouse=ready`).then(
      ({ status }) => status === (token === undefined ? 200 : 401),
      () => false,
    )
  const start = async (): Promise<void> => {
    kill = startTied(
      'java',
      [
        '-Xmx256m',
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=off',
        '-cp',
        `${folder}:${JARS}/*`,
        'CatalogServer',
        String(port),
        database,
        objectStore,
        'lake',
      ],
      {
        env: {
          ...process.env,
          AWS_REGION: 'us-east-1',
          ...(token !== undefined && { CATALOG_TOKEN: token }),
        },
      },
    )
    await until(isReady, { what: 'the catalog server to start', idleMs: 10_000 })
  }
  const crash = async (): Promise<void> => {
    await kill?.()
    kill = undefined
  }
  test.after(crash)
  await start()
  return { url, crash, start }
}
