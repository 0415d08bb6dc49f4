/** The first step: the name. */

import { useId } from 'preact/hooks'
import { describedByIds, Labelled } from '../field.tsx'
import type { FormTools } from '../form-tools.ts'

export function NameStep({ tools }: { tools: FormTools }) {
  const id = useId()
  const problem = tools.problems.get('name')
  return (
    <Labelled
      id={id}
      label="Name"
      isOptional={false}
      help="The name of the file in the workspace, such as production. Letters, digits, dots, underscores and hyphens."
      problem={problem}
    >
      <input
        id={id}
        type="text"
        value={tools.name}
        placeholder="production"
        autocomplete="off"
        spellcheck={false}
        maxLength={100}
        aria-describedby={describedByIds(id)}
        aria-invalid={problem !== undefined}
        onInput={(event) => {
          tools.rename(event.currentTarget.value)
          tools.touch('name')
        }}
        onBlur={() => tools.touch('name')}
      />
    </Labelled>
  )
}
