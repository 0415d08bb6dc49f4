/** The buttons of a connection. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { Menu, type MenuItem } from '../../components/menu.tsx'
import { openScreen } from '../../router/use-route.ts'
import { sayFailure } from '../../state/console.ts'
import { toFailure } from '../../api/client.ts'
import { useAction } from '../../state/use-action.ts'
import { isCancellable } from '../../view/connections.ts'
import { cancelRun, setPaused, startRun } from './actions.ts'
import { DeleteDialog, ResyncDialog } from './dialogs.tsx'

type Connection = Api<'Connection'>

/** Says the error of an action that has no place of its own for it. */
async function orSay(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    sayFailure(toFailure(error))
  }
}

/** Sync now, or Cancel while a run is in progress. */
export function RunButton({
  connection,
  isMain = false,
}: {
  connection: Connection
  isMain?: boolean
}) {
  const { name, current_run: current, status } = connection
  const start = useAction(async () => orSay(async () => startRun(name)))
  const cancel = useAction(async () => orSay(async () => cancelRun(name)))
  if (current) {
    const isOff = !isCancellable(connection) || cancel.isRunning
    const word = current.state === 'stopping' ? 'Stopping' : 'Cancel'
    return (
      <button
        type="button"
        disabled={isOff}
        aria-label={`${word}: the run of ${name}`}
        onClick={() => void cancel.run()}
      >
        {word}
      </button>
    )
  }
  return (
    <button
      type="button"
      class={isMain ? 'primary' : ''}
      disabled={status === 'invalid' || start.isRunning}
      aria-label={`Sync now: ${name}`}
      onClick={() => void start.run()}
    >
      Sync now
    </button>
  )
}

type Question = 'delete' | 'resync'

function menuItems({ name, schedule }: Connection, ask: (question: Question) => void): MenuItem[] {
  const isPaused = schedule.is_paused
  const pause: MenuItem = {
    label: isPaused ? 'Resume the schedule' : 'Pause the schedule',
    onChoose: () => void orSay(async () => setPaused(name, !isPaused)),
  }
  return [
    { label: 'Resync a stream', onChoose: () => ask('resync') },
    ...(schedule.type === 'manual' ? [] : [pause]),
    { label: 'Edit', onChoose: () => openScreen({ screen: 'edit', name, step: 'source' }) },
    { label: 'Delete', isDangerous: true, onChoose: () => ask('delete') },
  ]
}

export function ConnectionActions({
  connection,
  isMain = false,
}: {
  connection: Connection
  isMain?: boolean
}) {
  const [question, setQuestion] = useState<Question>()
  const close = () => setQuestion(undefined)
  return (
    <div class="actions">
      <RunButton connection={connection} isMain={isMain} />
      <Menu label="More" of={connection.name} items={menuItems(connection, setQuestion)} />
      {question === 'delete' && <DeleteDialog connection={connection} onClose={close} />}
      {question === 'resync' && (
        <ResyncDialog connection={connection} stream={undefined} onClose={close} />
      )}
    </div>
  )
}
