/**
 * Statements over ClickHouse's HTTP interface. Each request is a session of its own, so settings go
 * with each of them.
 */

import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { ClickHouseLogLevel, createClient, type ClickHouseSettings } from '@clickhouse/client'
import { AppError } from '../../../errors.ts'
import type { Sql } from '../../sql.ts'
import { textOf } from '../style.ts'
import type { ClickhouseUrl } from '../url.ts'
import { errorOf, unknownAnswer, type Answer } from './answers.ts'

/** A cell of a result. 64-bit integers and decimals are strings. */
type ClickhouseCell = string | number | boolean | null

/** Runs a statement and returns its rows. */
export type ClickhouseQuery = (statement: Sql) => Promise<ClickhouseCell[][]>

/** A request may take this long: a rewrite of a large table is one request. */
const REQUEST_TIMEOUT_MS = 3_600_000

/**
 * Overrides the settings of the user's profile that would change the meaning of our statements.
 * Mutations and changes of tables are waited for, tables of any size are replaced, and the server
 * answers when a statement is complete.
 */
const SETTINGS: ClickHouseSettings = {
  alter_sync: '2',
  async_insert: 0,
  cast_keep_nullable: 0,
  data_type_default_nullable: 0,
  // An equal row is another row. These two override the older `insert_deduplicate`.
  deduplicate_insert: 'disable',
  deduplicate_insert_select: 'disable',
  distributed_ddl_output_mode: 'throw',
  enable_time_time64_type: 1,
  final: 0,
  insert_null_as_default: 0,
  join_overflow_mode: 'throw',
  join_use_nulls: 0,
  lightweight_deletes_sync: '2',
  max_partition_size_to_drop: '0',
  max_query_size: '268435456',
  max_table_size_to_drop: '0',
  mutations_sync: '2',
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  read_overflow_mode: 'throw',
  result_overflow_mode: 'throw',
  set_overflow_mode: 'throw',
  timeout_overflow_mode: 'throw',
  transform_null_in: 0,
  wait_end_of_query: 1,
}

function authoritiesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', 'The file `ca_file` of `warehouse_url` cannot be read.', {
      cause,
    })
  }
}

/**
 * A client with the settings of a load, or with others. The answers of a load are short; those of
 * a user's query are compressed.
 */
export function createConnection(
  url: ClickhouseUrl,
  own: { database?: string; settings?: ClickHouseSettings } = {},
) {
  const { host, port, isSecure, user, password, caFile } = url
  return createClient({
    url: `${isSecure ? 'https' : 'http'}://${host}:${port}`,
    username: user,
    password,
    application: 'target-warehouse',
    request_timeout: REQUEST_TIMEOUT_MS,
    compression: { request: false, response: own.settings !== undefined },
    clickhouse_settings: own.settings ?? SETTINGS,
    ...(own.database !== undefined && { database: own.database }),
    log: { level: ClickHouseLogLevel.OFF },
    ...(caFile !== undefined && { tls: { ca_cert: authoritiesOf(caFile) } }),
  })
}

export class ClickhouseSession {
  readonly #client: ReturnType<typeof createConnection>

  constructor(url: ClickhouseUrl) {
    this.#client = createConnection(url)
  }

  /** The whole answer: the driver alone would hide the status of an error. */
  async #send(query: string, values?: Readable): Promise<Answer> {
    const { stream, http_status_code, response_headers } = await this.#client.exec({
      query,
      ignore_error_response: true,
      ...(values && { values }),
    })
    const body = await text(stream)
    const answer = { status: http_status_code ?? 0, headers: response_headers, body }
    const error = errorOf(answer)
    if (error) throw error
    return answer
  }

  readonly query: ClickhouseQuery = async (statement) => {
    const answer = await this.#send(`${textOf(statement)}\nformat JSONCompactEachRow`)
    try {
      return answer.body
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as ClickhouseCell[])
    } catch {
      throw unknownAnswer(answer)
    }
  }

  /** Runs a statement that returns no rows. */
  readonly run = async (statement: Sql): Promise<void> => {
    await this.#send(textOf(statement))
  }

  /** Sends data in the format that the INSERT statement names. */
  async insert(statement: Sql, chunks: Iterable<Buffer>): Promise<void> {
    const values = Readable.from(chunks, { objectMode: false })
    try {
      await this.#send(textOf(statement), values)
    } finally {
      // A refusal may come before all rows were sent.
      values.destroy()
    }
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}
