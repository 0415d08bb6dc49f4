/** What every edit of a stored document has: the conflict, the errors, Save and Discard. */

import type { ComponentChildren } from 'preact'
import { EditorForm } from '../../components/form.tsx'
import { Failure } from '../../components/notice.tsx'
import { useQuestion } from '../../components/use-question.tsx'
import { changesOf } from '../../form/edit.ts'
import type { StepId } from '../../form/steps.ts'
import type { Action } from '../../state/use-action.ts'
import { mergeEdits } from '../../view/documents.ts'
import { Conflict } from './conflict.tsx'
import { OtherProblems } from './other-problems.tsx'
import { StepFrame } from './steps-nav.tsx'
import type { Editing } from './use-edit.ts'
import type { Form } from './use-form.ts'

export interface EditFrameProps {
  /** What is edited, such as `connection`. */
  what: string
  /** Undefined for one that does not exist yet. */
  name: string | undefined
  step: StepId
  editing: Editing
  form: Form
  submit: Action<void>
  /** Links to the other steps. */
  nav?: ComponentChildren
  /** Why it cannot be saved although it was changed. @default false */
  isIncomplete?: boolean
  /** When the changes take effect. */
  effect?: string
  /** More buttons. */
  buttons?: ComponentChildren
  children: ComponentChildren
}

function useDiscard({ what, name, editing }: EditFrameProps) {
  return useQuestion({
    title: 'Discard the changes?',
    action: 'Discard them',
    text:
      name === undefined
        ? 'What you entered is lost.'
        : `What you changed in ${name} is lost. The stored ${what} stays as it is.`,
    act: editing.discard,
  })
}

function Collision({ what, editing }: EditFrameProps) {
  const { edit, theirs, saving } = editing
  if (!theirs) return null
  return (
    <Conflict
      what={what}
      base={edit.base}
      ours={edit.document}
      theirs={theirs.document}
      merged={mergeEdits(edit.base, edit.document, theirs.document)}
      isSaving={saving.isRunning}
      onSave={(document) => void saving.run({ document, etag: theirs.etag })}
    />
  )
}

export function EditFrame(props: EditFrameProps) {
  const { step, editing, form, submit, nav, isIncomplete, effect, buttons, children } = props
  const discarding = useDiscard(props)
  const isChanged = changesOf(editing.edit) > 0
  const failure = submit.failure ?? editing.saving.failure
  const changed = effect === undefined ? 'Unsaved changes.' : `Unsaved changes. ${effect}`
  return (
    <EditorForm onSubmit={() => void submit.run()} dialog={discarding.dialog}>
      {nav}
      <StepFrame step={step}>
        <Collision {...props} />
        {children}
        <OtherProblems step={step} tools={form.tools} check={form.check} />
        {failure && <Failure failure={failure} />}
        <div class="actions last">
          {!editing.theirs && (
            <button
              type="submit"
              class="primary"
              disabled={!isChanged || submit.isRunning || isIncomplete}
            >
              Save
            </button>
          )}
          <button type="button" disabled={!isChanged} onClick={discarding.ask}>
            Discard changes
          </button>
          {buttons}
          <span class="quiet">{isChanged ? changed : 'Nothing is changed yet.'}</span>
        </div>
      </StepFrame>
    </EditorForm>
  )
}
