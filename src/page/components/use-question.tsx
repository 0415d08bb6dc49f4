/** A question before something is lost. */

import { useState } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import { useAction } from '../state/use-action.ts'
import { Confirm } from './dialog.tsx'

export interface QuestionOptions {
  title: string
  /** What the button says: the verb. */
  action: string
  text: ComponentChildren
  /** What the button does. */
  act: () => Promise<void> | void
}

export interface Question {
  ask: () => void
  /** To be drawn outside of other forms. */
  dialog: ComponentChildren
}

/** Asks before it acts. An error stays in the dialog. */
export function useQuestion({ title, action, text, act }: QuestionOptions): Question {
  const [isAsking, setAsking] = useState(false)
  const { run, isRunning, failure, clear } = useAction(async () => {
    await act()
    setAsking(false)
  })
  const close = () => {
    clear()
    setAsking(false)
  }
  const dialog = isAsking ? (
    <Confirm
      title={title}
      action={action}
      isDangerous
      isRunning={isRunning}
      failure={failure}
      onConfirm={() => void run()}
      onClose={close}
    >
      <p>{text}</p>
    </Confirm>
  ) : null
  return { ask: () => setAsking(true), dialog }
}
