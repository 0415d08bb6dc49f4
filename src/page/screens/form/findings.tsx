/** What a check found. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { State } from '../../components/state.tsx'
import type { ApiFailure } from '../../api/client.ts'
import { titleOf } from '../../view/numbers.ts'
import { findingWords } from '../../view/words.ts'
import { CheckFailure } from './check-failure.tsx'

export interface FindingsProps {
  findings: readonly Api<'Finding'>[] | undefined
  failure: ApiFailure | undefined
  isRunning: boolean
  /** What is shown while it is checked. */
  waiting: string
  /** Checks the same again. */
  again: () => void
}

export function Findings({ findings, failure, isRunning, waiting, again }: FindingsProps) {
  return (
    <div aria-live="polite" aria-busy={isRunning}>
      {isRunning && <p class="quiet">{waiting}</p>}
      <CheckFailure check={{ failure, isRunning, again }} />
      {!isRunning && !failure && findings && (
        <ul class="findings">
          {findings.map(({ check, status, message }) => (
            <li key={`${check} ${message}`}>
              <State {...findingWords(status)} />
              <span class="quiet">{titleOf(check)}</span>
              <span class="breaks">{message}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
