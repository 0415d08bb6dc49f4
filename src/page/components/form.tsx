/** A form that the page sends, not the browser. */

import type { ComponentChildren } from 'preact'

export function EditorForm(props: {
  onSubmit: () => void
  /** A question over the form. A form cannot hold another one. */
  dialog?: ComponentChildren
  children: ComponentChildren
}) {
  const { onSubmit, dialog, children } = props
  return (
    <>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        {children}
      </form>
      {dialog}
    </>
  )
}
