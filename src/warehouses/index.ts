/** The scheme of `warehouse_url` picks the warehouse; its driver is loaded only then. */

import { AppError } from '../errors.ts'
import type { Warehouse, WarehouseOptions } from '../loader/warehouse.ts'
import { motherduckRefusal } from './motherduck.ts'

interface Backend {
  /** The npm package that holds the driver. */
  driver: string
  create: (options: WarehouseOptions) => Promise<Warehouse>
}

const POSTGRES: Backend = {
  driver: 'pg and pg-copy-streams',
  create: async (options) => (await import('./postgres/warehouse.ts')).createWarehouse(options),
}

const BACKENDS: Record<string, Backend> = {
  duckdb: {
    driver: '@duckdb/node-api',
    create: async (options) => (await import('./duckdb/warehouse.ts')).createWarehouse(options),
  },
  postgres: POSTGRES,
  postgresql: POSTGRES,
}

/** True for what the loader of modules, or of native libraries, throws. */
function isMissingModule(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'].includes(String(code))
}

/** The warehouse of the URL, not yet open. Throws CONFIG_INVALID for an unknown scheme, DRIVER_MISSING without its package. */
export async function createWarehouse(options: WarehouseOptions): Promise<Warehouse> {
  const [scheme = ''] = options.url.split(':', 1)
  const backend = Object.hasOwn(BACKENDS, scheme.toLowerCase())
    ? BACKENDS[scheme.toLowerCase()]
    : undefined
  if (/^(?:md|motherduck)$/i.test(scheme)) throw motherduckRefusal()
  if (!backend) {
    const known = Object.keys(BACKENDS).map((name) => `${name}:`)
    throw new AppError(
      'CONFIG_INVALID',
      `\`warehouse_url\` begins with ${JSON.stringify(`${scheme}:`)}; known are ${known.join(', ')}.`,
    )
  }
  try {
    return await backend.create(options)
  } catch (cause) {
    if (!isMissingModule(cause)) throw cause
    throw new AppError('DRIVER_MISSING', `The driver for ${scheme} could not be loaded.`, {
      hint: `Install the npm package ${backend.driver} beside tap-customerio.`,
      cause,
    })
  }
}
