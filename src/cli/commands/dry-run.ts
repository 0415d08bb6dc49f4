import type { Connection } from '../../runner/connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import type { Mode } from '../../streams/modes.ts'
import { previewRun, type StreamPreview } from '../../runner/inspect/preview.ts'
import { wrapText } from '../../terminal/wrapped-text.ts'
import { ProgramExit, type ProgramContext } from '../main.ts'
import { print } from '../print.ts'

/** Names of columns, wrapped on a terminal only. */
function columnLines(text: string): string[] {
  const width = (process.stdout.columns ?? Number.POSITIVE_INFINITY) - 4
  return wrapText(text, width).map((line, at) => `${at === 0 ? '  ' : '    '}${line}`)
}

function streamText(preview: StreamPreview, schema: string): string[] {
  const { stream, mode, since, table, rows, new_columns: columns } = preview
  const what = since === null ? 'everything' : `rows updated since ${since}`
  const retires = mode === 'full_refresh' ? ' and mark deleted rows' : ''
  const exists = rows === null ? 'would be created' : `has ${rows} rows`
  const isMissing = rows !== null && columns.length > 0
  return [
    `${stream}: would read ${what}${retires}`,
    `  table ${schema}${table} ${exists}`,
    ...(rows === null ? columnLines(`with the columns ${columns.join(', ')}`) : []),
    ...(isMissing ? columnLines(`new columns: ${columns.join(', ')}`) : []),
  ]
}

/**
 * `run --dry-run`: shows what a run would do. Exits with status 2 when the run would be refused.
 */
export async function dryRun(
  connection: Connection,
  resources: ReadonlyMap<StreamName, Mode>,
  work: { isJson: boolean; context: ProgramContext },
): Promise<void> {
  const { env, signal, logger } = work.context
  const preview = await previewRun(connection, resources, { env, signal })
  const { default_target_schema: schema } = connection.destination
  const qualifier = schema === undefined ? '' : `${schema}.`
  const text = preview.streams.flatMap((stream) => streamText(stream, qualifier)).join('\n')
  await print(work.isJson ? JSON.stringify(preview, undefined, 2) : text)
  if (preview.error === null) return
  process.stderr.write(`${logger.clean(`Error: ${preview.error}`)}\n`)
  throw new ProgramExit(2)
}
