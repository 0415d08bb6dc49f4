/** Selects the streams of a run when the caller overrides the connection. Pure. */

import { didYouMean } from '../../config/nearest-name.ts'
import { AppError } from '../../errors.ts'
import type { Connection } from './connection.ts'
import type { StreamName } from '../../streams/index.ts'
import { modesOf, type Mode } from '../../streams/modes.ts'

export interface StreamSelection {
  /** Reads only these. @default all streams of the connection */
  only?: readonly string[] | undefined
  /** Reads these completely, whatever the connection says. @default none */
  fullRefresh?: readonly string[] | undefined
}

/** Throws USAGE for a stream of which every read is kept. */
function refuseUnsupported(fullRefresh: readonly string[]): void {
  const name = fullRefresh.find((one) => !modesOf(one).includes('full_refresh'))
  if (name === undefined) return
  throw new AppError(
    'USAGE',
    `${name} cannot be read by full refresh: it must be ${modesOf(name).join(' or ')}.`,
    {
      hint: `A full refresh would retire rows that the API no longer returns. To read it from the start: customerio-sync state reset ${name}.`,
    },
  )
}

/**
 * The selected streams and their modes. Throws USAGE for a stream that the connection does not
 * read, or not by full refresh.
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
  refuseUnsupported(fullRefresh)
  const isSelected = (name: StreamName) => only.length === 0 || only.includes(name)
  const modeOf = (name: StreamName, mode: Mode) =>
    fullRefresh.includes(name) ? 'full_refresh' : mode
  return new Map(
    [...connection.resources]
      .filter(([name]) => isSelected(name) || fullRefresh.includes(name))
      .map(([name, mode]) => [name, modeOf(name, mode)]),
  )
}

/** The connection for the tap's `--test`, which reads the streams that `source.streams` names. */
export function withTestedStreams(connection: Connection): Connection {
  const streams = [...connection.resources.keys()]
  return { ...connection, source: { ...connection.source, streams } }
}
