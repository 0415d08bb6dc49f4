/** Picks the warehouse by the scheme of `warehouse_url`, and loads its driver only then. */

import { AppError } from '../errors.ts'
import type { Warehouse, WarehouseOptions } from '../loader/warehouse.ts'
import {
  isWarehouseScheme,
  schemeOf,
  WAREHOUSE_KINDS,
  type WarehouseScheme,
} from '../urls/warehouse-urls.ts'
import { motherduckRefusal } from './motherduck.ts'

interface Backend {
  /** The npm package that holds the driver. */
  driver: string
  create: (options: WarehouseOptions) => Promise<Warehouse>
}

const POSTGRES_BACKEND: Backend = {
  driver: 'pg and pg-copy-streams',
  create: async (options) => (await import('./postgres/warehouse.ts')).createWarehouse(options),
}

const BACKENDS: Record<WarehouseScheme, Backend> = {
  clickhouse: {
    driver: '@clickhouse/client',
    create: async (options) => (await import('./clickhouse/warehouse.ts')).createWarehouse(options),
  },
  duckdb: {
    driver: '@duckdb/node-api',
    create: async (options) => (await import('./duckdb/create.ts')).createWarehouse(options),
  },
  ducklake: {
    driver: '@duckdb/node-api, pg and pg-copy-streams',
    create: async (options) => (await import('./ducklake/create.ts')).createWarehouse(options),
  },
  iceberg: {
    driver: '@duckdb/node-api',
    create: async (options) => (await import('./iceberg/create.ts')).createWarehouse(options),
  },
  postgres: POSTGRES_BACKEND,
  postgresql: POSTGRES_BACKEND,
}

/** True for errors of Node's module loader, for JavaScript and for native libraries. */
function isMissingModule(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'].includes(String(code))
}

function backendOf(url: string): Backend {
  const scheme = schemeOf(url)
  if (isWarehouseScheme(scheme)) return BACKENDS[scheme]
  if (scheme === 'md' || scheme === 'motherduck') throw motherduckRefusal()
  const [written = ''] = url.split(':', 1)
  const known = Object.keys(WAREHOUSE_KINDS).map((name) => `${name}:`)
  throw new AppError(
    'CONFIG_INVALID',
    `\`warehouse_url\` begins with ${JSON.stringify(`${written}:`)}; known are ${known.join(', ')}.`,
  )
}

/**
 * The warehouse that the URL names, not yet open. Throws CONFIG_INVALID for an unknown scheme, and
 * DRIVER_MISSING when the driver's package is not installed.
 */
export async function createWarehouse(options: WarehouseOptions): Promise<Warehouse> {
  const backend = backendOf(options.url)
  try {
    return await backend.create(options)
  } catch (cause) {
    if (!isMissingModule(cause)) throw cause
    const [scheme = ''] = options.url.split(':', 1)
    throw new AppError('DRIVER_MISSING', `The driver for ${scheme} could not be loaded.`, {
      hint: `Install the npm package ${backend.driver} next to tap-customerio.`,
      cause,
    })
  }
}
