/** Questions before a connection is deleted or read again. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { Confirm } from '../../components/dialog.tsx'
import { openScreen } from '../../router/use-route.ts'
import { say } from '../../state/console.ts'
import { useAction } from '../../state/use-action.ts'
import { remainingTables, tableNames } from '../../view/connections.ts'
import { titleOf } from '../../view/numbers.ts'
import { deleteConnection, startRun } from './actions.ts'

type Connection = Api<'Connection'>

interface DialogProps {
  connection: Connection
  onClose: () => void
}

export function DeleteDialog({ connection, onClose }: DialogProps) {
  const { name } = connection
  const tables = remainingTables(connection)
  const { run, isRunning, failure } = useAction(async () => {
    say(await deleteConnection(name))
    onClose()
    openScreen({ screen: 'connections' })
  })
  return (
    <Confirm
      title={`Delete ${name}?`}
      action="Delete the connection"
      isDangerous
      isRunning={isRunning}
      failure={failure}
      onConfirm={() => void run()}
      onClose={onClose}
    >
      <p>The settings, the key and the schedule are deleted. The warehouse is not touched.</p>
      {tables.length > 0 && (
        <>
          <p>These tables remain, if they exist:</p>
          <ul>
            {tables.map((table) => (
              <li key={table}>
                <code>{table}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      <p>The history of its runs remains too.</p>
    </Confirm>
  )
}

function toggled(names: readonly string[], name: string): string[] {
  return names.includes(name) ? names.filter((one) => one !== name) : [...names, name]
}

interface ResyncProps extends DialogProps {
  /** The stream that a person has chosen already. */
  stream: string | undefined
  /** Whether the deletion guard is off at first. */
  allowsDeletes?: boolean
}

/** A connection with one stream leaves no choice. */
function firstChosen(
  streams: readonly Api<'ConnectionStream'>[],
  stream: string | undefined,
): readonly string[] {
  if (stream !== undefined) return [stream]
  return streams.length === 1 ? streams.map((one) => one.stream) : []
}

export function ResyncDialog({
  connection,
  stream,
  allowsDeletes: allowsAtFirst = false,
  onClose,
}: ResyncProps) {
  const { name } = connection
  const streams = connection.streams.filter((one) => one.can_be_resynced)
  const [chosen, setChosen] = useState(() => firstChosen(streams, stream))
  const [allowsDeletes, setAllowsDeletes] = useState(allowsAtFirst)
  const { run, isRunning, failure } = useAction(async () => {
    await startRun(name, { streams: [...chosen], resync: true, allow_deletes: allowsDeletes })
    onClose()
  })
  return (
    <Confirm
      title={`Resync ${name}`}
      action={chosen.length === 0 ? 'Choose a stream' : 'Resync'}
      isRunning={isRunning || chosen.length === 0}
      failure={failure}
      onConfirm={() => void run()}
      onClose={onClose}
    >
      <p>A resync reads streams from scratch and marks deleted rows.</p>
      <fieldset>
        <legend>Streams</legend>
        {streams.map((one) => (
          <label class="check" key={one.stream}>
            <input
              type="checkbox"
              checked={chosen.includes(one.stream)}
              onChange={() => setChosen(toggled(chosen, one.stream))}
            />
            {titleOf(one.stream)}
          </label>
        ))}
      </fieldset>
      <label class="check">
        <input
          type="checkbox"
          checked={allowsDeletes}
          onChange={() => setAllowsDeletes(!allowsDeletes)}
        />
        Allow any number of deleted rows. Without this, the deletion guard may stop the run.
      </label>
    </Confirm>
  )
}

export function TakeOverDialog({ connection, onClose }: DialogProps) {
  const { run, isRunning, failure } = useAction(async () => {
    await startRun(connection.name, { take_over: true })
    onClose()
  })
  return (
    <Confirm
      title="Take over the tables?"
      action="Take over and sync"
      isDangerous
      isRunning={isRunning}
      failure={failure}
      onConfirm={() => void run()}
      onClose={onClose}
    >
      <p>The tables belong to another connection. After this, they belong to {connection.name}.</p>
      <ul>
        {tableNames(connection).map((table) => (
          <li key={table}>
            <code>{table}</code>
          </li>
        ))}
      </ul>
    </Confirm>
  )
}
