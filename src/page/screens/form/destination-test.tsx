/** The test of a destination. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { useCheck } from '../../state/use-check.ts'
import { Findings } from './findings.tsx'

/** Tests when a person asks for it, because it writes to the warehouse. */
export function DestinationTest({ body }: { body: Api<'DestinationTestRequest'> }) {
  const [tested, setTested] = useState<object>()
  const { result, failure, isRunning, again } = useCheck<Api<'DestinationTest'>>(
    '/checks/destination',
    tested,
    { waitMs: 0 },
  )
  const isSame = JSON.stringify(tested) === JSON.stringify(body)
  return (
    <div class="check">
      <div class="head">
        <h3>Destination test</h3>
        <button
          type="button"
          disabled={isRunning}
          onClick={() => (isSame ? again() : setTested(body))}
        >
          {isSame ? 'Test again' : 'Test'}
        </button>
      </div>
      {tested === undefined ? (
        <p class="quiet">The test creates a table, writes to it and drops it.</p>
      ) : (
        <Findings
          findings={isSame ? result?.findings : undefined}
          failure={isSame ? failure : undefined}
          isRunning={isRunning}
          waiting="Creating, writing and dropping a table."
          again={again}
        />
      )}
      {tested !== undefined && !isSame && (
        <p class="quiet">The settings have changed since the last test.</p>
      )}
    </div>
  )
}
