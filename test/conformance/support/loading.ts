/** Loads Singer messages in this process, as the executable does. */

import { randomUUID } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { Logger } from '../../../src/logger.ts'
import { LineWriter } from '../../../src/singer/writer.ts'
import { load } from '../../../src/loader/load.ts'
import type { LoadConfig } from '../../../src/loader/stream/context.ts'
import type { Dialect } from '../../../src/loader/dialect.ts'
import type { BatchSize, Warehouse } from '../../../src/loader/warehouse.ts'
import { createWarehouse } from '../../../src/warehouses/index.ts'

/** The default settings. */
export const DEFAULTS: LoadConfig = {
  table_prefix: '',
  load_method: 'upsert',
  hard_delete: false,
  create_live_views: false,
  process_activate_version_messages: true,
  add_record_metadata: true,
  validate_records: true,
  on_invalid_record: 'fail',
  batch_size_rows: 50_000,
  batch_size_bytes: 67_108_864,
  batch_wait_limit_seconds: 60,
}

export interface Loaded {
  /** STATE lines, unparsed. */
  stdout: string[]
  stderr: string[]
  error: unknown
}

export interface LoadInput {
  url: string
  /** The input, or its chunks. */
  text: string | Iterable<Buffer> | AsyncIterable<Buffer>
  config?: Partial<LoadConfig>
  /** What waits in memory at most, if that is less than a commit. */
  batch?: BatchSize
  /** `default_target_schema`. */
  schema?: string
  signal?: AbortSignal
  /** The wall clock. @default Date.now */
  now?: () => number
  /** Called with each log line. */
  onLog?: (line: string) => void
}

async function openable(url: string): Promise<Warehouse> {
  const logger = new Logger({ name: 'test', level: 'error', format: 'plain', write: () => {} })
  return createWarehouse({ url, schema: undefined, tablePrefix: '', isReadOnly: true, logger })
}

/** Returns the dialect of the warehouse behind a URL. */
export async function dialectOf(url: string): Promise<Dialect> {
  return (await openable(url)).dialect
}

/** Whether the warehouse behind a URL takes over rows ahead of their commit. */
export async function stagesRows(url: string): Promise<boolean> {
  return (await openable(url)).stage !== undefined
}

/** Never throws: an error is part of the result. */
export async function loadText({ url, text, config, ...input }: LoadInput): Promise<Loaded> {
  const loaded: Loaded = { stdout: [], stderr: [], error: undefined }
  const logger = new Logger({
    name: 'test',
    level: 'debug',
    format: 'plain',
    write: (line) => {
      loaded.stderr.push(line)
      input.onLog?.(line)
    },
  })
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      loaded.stdout.push(...chunk.toString().split('\n').filter(Boolean))
      done()
    },
  })
  const warehouse = await createWarehouse({
    url,
    schema: input.schema,
    tablePrefix: config?.table_prefix ?? '',
    isReadOnly: false,
    logger,
    ...(input.signal && { signal: input.signal }),
  })
  const stream = Readable.from(typeof text === 'string' ? [Buffer.from(text)] : text)
  try {
    await warehouse.open()
    await load({
      input: stream as AsyncIterable<Buffer>,
      output: new LineWriter(stdout),
      warehouse,
      config: { ...DEFAULTS, ...config },
      logger,
      signal: input.signal ?? new AbortController().signal,
      runId: randomUUID(),
      now: input.now ?? Date.now,
      ...(input.batch && { batch: input.batch }),
    })
  } catch (error) {
    loaded.error = error
  } finally {
    stream.destroy()
    await warehouse.close()
  }
  return loaded
}
