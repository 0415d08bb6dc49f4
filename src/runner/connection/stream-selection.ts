/** Selects the streams of a run when the caller overrides the connection. Pure. */

import { didYouMean } from '../../config/nearest-name.ts'
import { AppError } from '../../errors.ts'
import type { Connection, Mode } from './connection.ts'
import type { StreamName } from '../../streams/index.ts'

export interface StreamSelection {
  /** Reads only these. @default all streams of the connection */
  only?: readonly string[] | undefined
  /** Reads these completely, whatever the connection says. @default none */
  fullRefresh?: readonly string[] | undefined
}

/**
 * The selected streams and their modes. Throws USAGE for a stream that the connection does not
 * read.
 */
export function selectStreams(
  connection: Connection,
  selection: StreamSelection,
): Map<StreamName, Mode> {
  const { only = [], fullRefresh = [] } = selection
  const known = [...connection.resources.keys()]
  for (const name of [...only, ...fullRefresh]) {
    if ((known as string[]).includes(name)) continue
    throw new AppError(
      'USAGE',
      `The connection ${connection.name} does not read the stream ${name}.`,
      {
        hint: `${didYouMean(name, known)}Its streams are ${known.join(', ')}; see \`resources\` in ${connection.path}.`,
      },
    )
  }
  const isSelected = (name: StreamName) => only.length === 0 || only.includes(name)
  const modeOf = (name: StreamName, mode: Mode) =>
    fullRefresh.includes(name) ? 'full_refresh' : mode
  return new Map(
    [...connection.resources]
      .filter(([name]) => isSelected(name) || fullRefresh.includes(name))
      .map(([name, mode]) => [name, modeOf(name, mode)]),
  )
}
