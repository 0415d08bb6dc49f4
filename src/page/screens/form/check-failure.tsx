/** A check that failed, and the way to repeat it. */

import { Failure } from '../../components/notice.tsx'
import type { Check } from '../../state/use-check.ts'

export function CheckFailure({
  check: { failure, isRunning, again },
}: {
  check: Pick<Check<unknown>, 'failure' | 'isRunning' | 'again'>
}) {
  if (!failure || isRunning) return null
  return (
    <Failure failure={failure}>
      <button type="button" onClick={again}>
        Try again
      </button>
    </Failure>
  )
}
