/** Tables in the warehouse, and their newest rows. */

import { callProgram } from '../../runner/programs/call-program.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import type { InspectedTable } from '../../runner/warehouse/target-client.ts'
import { ApiError } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { CountedTables } from '../runs/kept-counts.ts'
import type { Services } from '../services.ts'
import { tableList, tablePreview } from '../views/table-view.ts'
import { closedSignal, param, type Answer, type Call, type Handlers } from './call.ts'

/** Throws UNKNOWN_NAME when the connection does not read the stream, or its table is not there. */
async function openTable(
  services: Services,
  connection: Connection,
  stream: string,
): Promise<InspectedTable> {
  const isRead = ([...connection.resources.keys()] as string[]).includes(stream)
  if (!isRead) throw new ApiError('UNKNOWN_NAME', 'The connection does not read this stream.')
  const { counts } = services
  const tableIn = (counted: CountedTables | undefined) =>
    counted?.tables.find((table) => table.stream === stream && table.rows !== null)
  // A table that did not exist may have been created since.
  const found = tableIn(await counts.known(connection)) ?? tableIn(await counts.count(connection))
  if (found) return found
  throw new ApiError('UNKNOWN_NAME', 'The table does not exist yet.', { hint: 'Run a sync first.' })
}

async function previewTable(services: Services, call: Call): Promise<Answer> {
  const connection = await services.connections.open(param(call, 'name'))
  const table = await openTable(services, connection, param(call, 'stream'))
  const { rows } = call.query as Api<'PreviewQuery'>
  const args = ['--preview', table.stream, '--format', 'json', `--rows=${rows}`]
  const program = { program: 'target-warehouse', args } as const
  const printed = await services.calls.run({ closed: closedSignal(call) }, async (calls) =>
    callProgram(connection, program, calls),
  )
  return { body: tablePreview(table, printed) }
}

export function tableHandlers(services: Services): Handlers<'listTables' | 'previewTable'> {
  return {
    listTables: async (call) => {
      const connection = await services.connections.open(param(call, 'name'))
      return { body: tableList(await services.counts.count(connection)) }
    },
    previewTable: async (call) => previewTable(services, call),
  }
}
