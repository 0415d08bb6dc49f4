/** Warehouses of the Iceberg catalog that `test/support/iceberg/run.sh` starts. */

import { randomUUID } from 'node:crypto'
import type { Engine, FloorPlace } from './engine.ts'
import { EXTENSIONS, floorOf, LAKE_SETTINGS, missingStore, storeSecret } from './floor-plan.ts'

const CATALOG = 'lake'
const NAMESPACE = 'public'

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
    size: () => Promise.resolve({ bytes: 0 }),
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
