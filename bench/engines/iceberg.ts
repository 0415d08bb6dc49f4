/** Warehouses of the Iceberg catalog that `test/support/iceberg/run.sh` starts. */

import { randomUUID } from 'node:crypto'
import { SCHEMA } from '../records.ts'
import type { Engine, FloorPlace, Size } from './engine.ts'
import { EXTENSIONS, floorOf, LAKE_SETTINGS, missingStore, storeSecret } from './floor-plan.ts'

const CATALOG = 'lake'
const NAMESPACE = 'public'

interface Metadata {
  'current-snapshot-id': number
  snapshots: { 'snapshot-id': number; summary: Record<string, string> }[]
}

/** Data files and files of deletions in the newest snapshot of a table. */
async function filesOf(endpoint: string, warehouse: string, table: string): Promise<number> {
  const path = `v1/${warehouse}/namespaces/${NAMESPACE}/tables/${table}`
  const response = await fetch(`${endpoint}/${path}`)
  const { metadata } = (await response.json()) as { metadata: Metadata }
  const newest = metadata['current-snapshot-id']
  const { summary } = metadata.snapshots.find((one) => one['snapshot-id'] === newest) ?? {}
  return Number(summary?.['total-data-files']) + Number(summary?.['total-delete-files'])
}

/** Bytes of each object of the warehouse. */
async function objectsOf(warehouse: string): Promise<number[]> {
  const sizes: number[] = []
  let token: string | undefined
  do {
    const url = new URL(`${process.env['AWS_ENDPOINT_URL']}/lake`)
    const query = { 'list-type': '2', prefix: `${warehouse}/` }
    url.search = String(new URLSearchParams(query))
    if (token !== undefined) url.searchParams.set('continuation-token', token)
    const page = await (await fetch(url)).text()
    sizes.push(...Array.from(page.matchAll(/<Size>(\d+)</g), ([, size]) => Number(size)))
    token = /<NextContinuationToken>([^<]+)</.exec(page)?.[1]
  } while (token !== undefined)
  return sizes
}

/** Nothing is ever removed, so all objects are in use by some snapshot. */
async function sizeOf(endpoint: string, warehouse: string): Promise<Size> {
  const [rows, ledger] = await Promise.all(
    [SCHEMA.stream, '_sdc_loads'].map(async (table) => filesOf(endpoint, warehouse, table)),
  )
  const objects = await objectsOf(warehouse)
  return {
    files: (rows ?? Number.NaN) + (ledger ?? Number.NaN),
    allFiles: objects.length,
    bytes: objects.reduce((sum, size) => sum + size, 0),
  }
}

function placeOf(endpoint: string, warehouse: string): FloorPlace {
  const url = new URL(endpoint)
  url.searchParams.set('warehouse', warehouse)
  url.searchParams.set('extension_directory', EXTENSIONS)
  const attach = [
    ...['httpfs', 'avro', 'iceberg'].map((name) => `load ${name}`),
    storeSecret(),
    `attach '${warehouse}' as ${CATALOG} (type iceberg, endpoint '${endpoint}', authorization_type 'none', access_delegation_mode 'none')`,
  ]
  return {
    url: `iceberg:${url.href}`,
    floor: floorOf({
      kind: 'iceberg',
      database: ':memory:',
      settings: LAKE_SETTINGS,
      attach,
      catalog: CATALOG,
      schema: NAMESPACE,
    }),
    size: () => sizeOf(endpoint, warehouse),
    // The store ends with the script.
    remove: () => Promise.resolve(),
  }
}

export const ICEBERG_ENGINE: Engine = {
  title: 'Iceberg (REST catalog of Apache, moto)',
  word: 'iceberg',
  missing: missingStore,
  use: (work) =>
    work(() => {
      const warehouse = `bench_${randomUUID().replaceAll('-', '')}`
      return Promise.resolve(placeOf(process.env['TEST_ICEBERG_CATALOG'] ?? '', warehouse))
    }),
}
