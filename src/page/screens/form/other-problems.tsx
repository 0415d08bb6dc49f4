/** Problems of a step that belong to none of its inputs. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { Notice } from '../../components/notice.tsx'
import { hasInput } from '../../form/inputs.ts'
import type { StepId } from '../../form/steps.ts'
import type { Check } from '../../state/use-check.ts'
import { CheckFailure } from './check-failure.tsx'
import type { FormTools } from './form-tools.ts'

/** The review lists every problem itself. */
export function OtherProblems({
  step,
  tools,
  check,
}: {
  step: StepId
  tools: FormTools
  check: Check<Api<'Validation'>>
}) {
  if (step === 'review') return null
  const others = [...tools.problems].filter(
    ([path]) => !hasInput(tools.forms, tools.document, path),
  )
  return (
    <>
      <CheckFailure check={check} />
      {others.length > 0 && (
        <div class="others" tabIndex={-1}>
          <Notice tone="bad" title="Some settings are not valid.">
            {others.map(([path, message]) => (
              <p key={path}>
                {path !== '' && <code>{path}</code>} {message}
              </p>
            ))}
          </Notice>
        </div>
      )}
    </>
  )
}
