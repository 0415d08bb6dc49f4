/** Pure: which resources a run reads, and how, when its caller asks for less or more than the connection says. */

import { AppError } from '../../errors.ts'
import type { Connection, Mode } from './connection.ts'
import type { StreamName } from '../../streams/index.ts'

export interface StreamSelection {
  /** Only these. @default all of the connection */
  only?: readonly string[] | undefined
  /** These in full, whatever the connection says. @default none */
  fullRefresh?: readonly string[] | undefined
}

/** Throws USAGE for a name that is not among the connection's resources. */
export function selectStreams(
  connection: Connection,
  choice: StreamSelection,
): Map<StreamName, Mode> {
  const { only = [], fullRefresh = [] } = choice
  const known = [...connection.resources.keys()]
  for (const name of [...only, ...fullRefresh]) {
    if ((known as string[]).includes(name)) continue
    throw new AppError('USAGE', `The connection ${connection.name} does not read ${name}.`, {
      hint: `It reads ${known.join(', ')}: see \`resources\` in ${connection.path}.`,
    })
  }
  const isChosen = (name: StreamName) => only.length === 0 || only.includes(name)
  const modeOf = (name: StreamName, mode: Mode) =>
    fullRefresh.includes(name) ? 'full_refresh' : mode
  return new Map(
    [...connection.resources]
      .filter(([name]) => isChosen(name) || fullRefresh.includes(name))
      .map(([name, mode]) => [name, modeOf(name, mode)]),
  )
}
