/** Trino in a process of its own, on loopback, with the catalog under test. */

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../support/postgres-server.ts'
import { temporaryFolder, type Scope } from '../../support/programs.ts'
import { startTied } from '../../support/tied.ts'
import { until } from '../../support/wait.ts'

/** The folder in which test/interop/trino.sh has put Trino. */
const HOME = process.env['TRINO_HOME'] ?? ''

const HEADERS = {
  'X-Trino-User': 'test',
  'X-Trino-Catalog': 'iceberg',
  'X-Trino-Schema': 'public',
  'X-Trino-Time-Zone': 'UTC',
  'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
}

interface Page {
  data?: unknown[][]
  nextUri?: string
  error?: { message: string; errorName: string }
}

/** Runs a statement, and returns all rows. */
export type Query = (statement: string) => Promise<unknown[][]>

/** Undefined as long as the server, just started, does not know its own node. */
async function queryOnce(port: number, statement: string): Promise<unknown[][] | undefined> {
  const rows: unknown[][] = []
  let response = await fetch(`http://127.0.0.1:${port}/v1/statement`, {
    method: 'POST',
    headers: HEADERS,
    body: statement,
  })
  for (;;) {
    const { error, data = [], nextUri } = (await response.json()) as Page
    if (error?.errorName === 'NO_NODES_AVAILABLE') return undefined
    if (error) throw new Error(error.message)
    rows.push(...data)
    if (nextUri === undefined) return rows
    response = await fetch(nextUri, { headers: HEADERS })
  }
}

/** A warehouse of a REST catalog, with its files in an object store. */
export interface IcebergPlace {
  catalog: string
  warehouse: string
  store: string
  keys: { id: string; secret: string }
}

async function configure(folder: string, port: number, place: IcebergPlace): Promise<void> {
  await mkdir(join(folder, 'catalog'), { recursive: true })
  const files: Record<string, string[]> = {
    'log.properties': ['io.trino=ERROR'],
    'config.properties': [
      'coordinator=true',
      'node-scheduler.include-coordinator=true',
      `http-server.http.port=${port}`,
      `discovery.uri=http://127.0.0.1:${port}`,
      'query.max-memory=1GB',
      'query.max-memory-per-node=1GB',
      'catalog.management=static',
    ],
    'catalog/iceberg.properties': [
      'connector.name=iceberg',
      'iceberg.catalog.type=rest',
      `iceberg.rest-catalog.uri=${place.catalog}`,
      `iceberg.rest-catalog.warehouse=${place.warehouse}`,
      'iceberg.expire-snapshots.min-retention=0s',
      'iceberg.remove-orphan-files.min-retention=0s',
      'fs.native-s3.enabled=true',
      `s3.endpoint=${place.store}`,
      's3.region=us-east-1',
      's3.path-style-access=true',
      `s3.aws-access-key=${place.keys.id}`,
      `s3.aws-secret-key=${place.keys.secret}`,
    ],
  }
  for (const [name, lines] of Object.entries(files)) {
    await writeFile(join(folder, name), `${lines.join('\n')}\n`)
  }
}

/** Starts Trino without its launcher, on loopback only. It ends with the test. */
export async function startTrino(test: Scope, place: IcebergPlace): Promise<Query> {
  const folder = await temporaryFolder(test)
  const port = await freePort()
  await configure(folder, port, place)
  const trino = join(HOME, 'trino')
  const options = [
    '-Xmx2G',
    '-XX:+UseG1GC',
    '-Djdk.attach.allowAttachSelf=true',
    '--enable-native-access=ALL-UNNAMED',
    '--sun-misc-unsafe-memory-access=allow',
    '-Dnode.environment=test',
    '-Dnode.id=test',
    `-Dnode.data-dir=${folder}`,
    '-Dnode.bind-ip=127.0.0.1',
    '-Dnode.internal-address=127.0.0.1',
    `-Dconfig=${folder}/config.properties`,
    `-Dlog.levels-file=${folder}/log.properties`,
    `-Dcatalog.config-dir=${folder}/catalog`,
    `-Dplugin.dir=${trino}/plugin`,
    '-cp',
    `${trino}/lib/*`,
  ]
  const java = join(HOME, 'java/bin/java')
  test.after(startTied(java, [...options, 'io.trino.server.TrinoServer'], { cwd: folder }))
  const isReady = async () =>
    fetch(`http://127.0.0.1:${port}/v1/info`).then(
      async (response) => !((await response.json()) as { starting: boolean }).starting,
      () => false,
    )
  await until(isReady, { what: 'Trino to start', idleMs: 30_000 })
  return async (statement) => until(async () => queryOnce(port, statement), { what: statement })
}
