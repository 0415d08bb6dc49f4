/** The fifth step: when it runs, and who gets to know. */

import { useId, useRef } from 'preact/hooks'
import type { Api } from '../../../../console/api/schemas.generated.ts'
import { Notice, Skeleton } from '../../../components/notice.tsx'
import { SCHEDULE_FIELDS, scheduleTypeOf } from '../../../form/inputs.ts'
import { scheduleOfType } from '../../../form/schedule.ts'
import { schemaFields, type FormField } from '../../../form/schema-fields.ts'
import { useCheck } from '../../../state/use-check.ts'
import { VIEWER_ZONE } from '../../../state/clock.ts'
import { sectionAt, textAt, valueAt, type Document } from '../../../view/documents.ts'
import { isSameClock, minuteText } from '../../../view/times.ts'
import { CheckFailure } from '../check-failure.tsx'
import { Field, MoreFields } from '../field.tsx'
import { storedSecret } from '../../../form/stored-secret.ts'
import type { FormTools } from '../form-tools.ts'

const TYPING_MS = 300
const NEXT_RUNS = 5

const TYPES = [
  { type: 'manual', title: 'Manual', help: 'Runs only when somebody starts it.' },
  { type: 'basic', title: 'Basic', help: 'Runs at an interval.' },
  { type: 'cron', title: 'Cron', help: 'Runs at the times of an expression.' },
] as const

/** As high as the preview, so that the form does not move when it arrives. */
function LoadingPreview() {
  return (
    <div class="check" aria-busy="true">
      <h3>Next runs</h3>
      <Skeleton lines={NEXT_RUNS} />
    </div>
  )
}

function Preview({ schedule }: { schedule: Document }) {
  const body = { schedule, count: NEXT_RUNS }
  const check = useCheck<Api<'SchedulePreview'>>('/checks/schedule', body, { waitMs: TYPING_MS })
  const { result, failure, isRunning } = check
  if (failure && !isRunning) return <CheckFailure check={check} />
  if (!result) return <LoadingPreview />
  if (!result.is_valid) return null
  const { next_runs, timezone, clock_changes } = result
  const zone = timezone ?? 'UTC'
  const showsViewer = next_runs.some(({ at }) => !isSameClock(at, zone, VIEWER_ZONE))
  return (
    <div class="check" aria-live="polite">
      <h3>Next runs</h3>
      <ol class="ticks">
        {next_runs.map(({ at, local }) => (
          <li key={at}>
            {local} {zone}
            {showsViewer && <span class="quiet">, {minuteText(at, VIEWER_ZONE)}</span>}
          </li>
        ))}
      </ol>
      {clock_changes.map(({ at, message }) => (
        <Notice key={at} tone="warning" title={message} />
      ))}
    </div>
  )
}

/** What a schedule of a type cannot be without. */
const REQUIRED = ['every', 'expression']

/** The help without the type that it is for, which is chosen already. */
function ofChosenType(field: FormField): FormField {
  const text = field.help.replace(/^\w+: /, '')
  const help = text.charAt(0).toUpperCase() + text.slice(1)
  return { ...field, help, isRequired: REQUIRED.includes(field.name) }
}

/** A field of the schedule, with a short way to the zone of the person. */
function ScheduleField({ field, tools }: { field: FormField; tools: FormTools }) {
  return (
    <>
      <Field field={field} path={`schedule.${field.name}`} tools={tools} />
      {field.name === 'timezone' && textAt(tools.document, 'schedule.timezone') !== VIEWER_ZONE && (
        <button type="button" onClick={() => tools.change('schedule.timezone', VIEWER_ZONE)}>
          Use my zone, {VIEWER_ZONE}
        </button>
      )}
    </>
  )
}

function TypeChoice({ tools, type }: { tools: FormTools; type: string }) {
  const id = useId()
  const entered = useRef<Record<string, Document>>({})
  const choose = (next: string) => {
    const current = sectionAt(tools.document, 'schedule')
    entered.current[type] = current
    tools.change(
      'schedule',
      scheduleOfType(next, { current, entered: entered.current[next], zone: VIEWER_ZONE }),
    )
  }
  return (
    <fieldset class="options">
      <legend>When it runs</legend>
      {TYPES.map((one) => (
        <label class="option" key={one.type}>
          <input
            type="radio"
            name={id}
            checked={one.type === type}
            onChange={() => choose(one.type)}
          />
          <span>
            <span class="strong">{one.title}</span>
            <span class="line quiet">{one.help}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** The webhook that is stored, and how to be without it. */
function Webhook({ tools }: { tools: FormTools }) {
  const stored = storedSecret(tools, 'notify.url')
  if (!stored || valueAt(tools.document, 'notify') === undefined) return null
  return (
    <p>
      Events go to{' '}
      {stored.shown === null ? 'a webhook' : <code class="breaks">{stored.shown}</code>}.{' '}
      <button type="button" onClick={() => tools.change('notify', undefined)}>
        Remove the webhook
      </button>
    </p>
  )
}

export function ScheduleStep({ tools }: { tools: FormTools }) {
  const schedule = sectionAt(tools.document, 'schedule')
  const type = scheduleTypeOf(tools.document)
  const names = SCHEDULE_FIELDS[type] ?? []
  const fields = schemaFields(tools.forms.schedule)
    .filter(({ name }) => names.includes(name))
    .map(ofChosenType)
  return (
    <>
      <TypeChoice tools={tools} type={type} />
      <p class="problem" role="alert">
        {tools.problems.get('schedule')}
      </p>
      {fields.map((field) => (
        <ScheduleField key={field.name} field={field} tools={tools} />
      ))}
      {type !== 'manual' && schedule['paused'] === true && (
        <p>The schedule is paused. Resume it in the list of the connections.</p>
      )}
      {type !== 'manual' && <Preview schedule={schedule} />}
      <Webhook tools={tools} />
      <MoreFields
        title="Notify a webhook"
        section="notify"
        fields={schemaFields(tools.forms.notify)}
        tools={tools}
      />
    </>
  )
}
