/** The last page: the file that will be written, without secrets. */

import type { Api } from '../../../../console/api/schemas.generated.ts'
import { Notice, Skeleton } from '../../../components/notice.tsx'
import { FORM_STEPS, stepAt, stepOfField, type StepId } from '../../../form/steps.ts'
import { hrefTo, type Route } from '../../../router/route.ts'
import { useCheck } from '../../../state/use-check.ts'
import { CheckFailure } from '../check-failure.tsx'
import type { FormTools } from '../form-tools.ts'

export interface ReviewProps {
  tools: FormTools
  routeOf: (step: StepId) => Route
}

function Problems({
  problems,
  routeOf,
}: {
  problems: readonly Api<'FieldProblem'>[]
  routeOf: ReviewProps['routeOf']
}) {
  return (
    <Notice tone="bad" title="Some settings are not valid yet.">
      <ul>
        {problems.map(({ field, message }) => {
          const step = stepOfField(field)
          return (
            <li key={`${field} ${message}`}>
              {field !== '' && <code>{field}</code>} {message}{' '}
              {step !== 'review' && <a href={hrefTo(routeOf(step))}>Go to {stepAt(step).title}</a>}
            </li>
          )
        })}
      </ul>
    </Notice>
  )
}

export function ReviewStep({ tools, routeOf }: ReviewProps) {
  const { name, document, isNew, stored } = tools
  const steps = FORM_STEPS.find(({ id }) => id === 'review')?.checks
  const body = { document, steps, ...stored, ...(isNew && { name }) }
  const check = useCheck<Api<'Validation'>>('/checks/validation', body, { waitMs: 0 })
  const { result, failure, isRunning } = check
  if (failure && !isRunning) return <CheckFailure check={check} />
  if (!result) return <Skeleton lines={12} />
  return (
    <>
      {!result.is_valid && <Problems problems={result.problems} routeOf={routeOf} />}
      {result.file && (
        <>
          <p>
            {isNew ? (
              <>
                This file will be written as <code>connections/{name}.json</code>.
              </>
            ) : (
              'This file will be written.'
            )}{' '}
            <code>***</code> stands for a secret.
          </p>
          <pre class="file" tabIndex={0} role="region" aria-label="The file">
            {JSON.stringify(result.file, undefined, 2)}
          </pre>
        </>
      )}
    </>
  )
}
