/** Questions over the page. The focus stays inside, and goes back afterwards. */

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { ApiFailure } from '../api/client.ts'
import { Failure } from './notice.tsx'

export interface DialogProps {
  title: string
  /** Called by Escape too. Undefined for a dialog that must be answered. */
  onClose?: () => void
  children: ComponentChildren
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const shown = dialog.current
    const { activeElement } = document
    shown?.showModal()
    return () => {
      shown?.close()
      // The browser gives the focus back only when the dialog is still part of the page.
      if (activeElement instanceof HTMLElement) activeElement.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      closedby={onClose ? 'closerequest' : 'none'}
      onCancel={(event) => {
        event.preventDefault()
        onClose?.()
      }}
      onClose={() => {
        // Browsers close a dialog at the second Escape, whatever its page has refused before.
        if (!dialog.current?.isConnected) return
        if (onClose) onClose()
        else dialog.current.showModal()
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

export interface ConfirmProps {
  title: string
  /** What the button says: the verb. */
  action: string
  isDangerous?: boolean
  isRunning: boolean
  failure: ApiFailure | undefined
  onConfirm: () => void
  onClose: () => void
  children: ComponentChildren
}

/** A dialog with a button that acts and one that does not. */
export function Confirm(props: ConfirmProps) {
  const {
    title,
    action,
    isDangerous = false,
    isRunning,
    failure,
    onConfirm,
    onClose,
    children,
  } = props
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onConfirm()
        }}
      >
        {children}
        {failure && <Failure failure={failure} />}
        <div class="actions end">
          <button type="button" onClick={onClose}>
            Back
          </button>
          <button type="submit" class={isDangerous ? 'danger' : 'primary'} disabled={isRunning}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
