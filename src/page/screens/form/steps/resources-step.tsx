/** The fourth step: tables and streams, with the cost of a run. */

import type { Api } from '../../../../console/api/schemas.generated.ts'
import { Failure } from '../../../components/notice.tsx'
import { Table, type TableColumn } from '../../../components/table.tsx'
import { sourceToCount } from '../../../form/key-test.ts'
import { schemaFields } from '../../../form/schema-fields.ts'
import { useCheck } from '../../../state/use-check.ts'
import { sectionAt, textAt, valueAt, withValue } from '../../../view/documents.ts'
import { amountOf, countText, titleOf } from '../../../view/numbers.ts'
import { durationText } from '../../../view/times.ts'
import { modeWord } from '../../../view/words.ts'
import { Field } from '../field.tsx'
import { keptSecret } from '../../../form/stored-secret.ts'
import type { FormTools } from '../form-tools.ts'

type StreamForm = Api<'StreamForm'>

const TABLE_FIELDS = ['table_prefix', 'default_target_schema']
const TYPING_MS = 500

const MODE_HELP: Readonly<Record<Api<'Mode'>, string>> = {
  incremental: 'Reads what changed.',
  full_refresh: 'Reads everything, and finds deleted rows.',
}

const COLUMNS: readonly TableColumn<Api<'Column'>>[] = [
  { title: 'Column', cell: ({ name }) => <code>{name}</code> },
  { title: 'Type', cell: ({ type }) => type ?? '' },
  { title: 'Description', cell: ({ description }) => description ?? '' },
]

/** The streams of the document. Without any setting, all are read. */
function chosenResources({ forms, document }: FormTools) {
  if (valueAt(document, 'resources') !== undefined) return sectionAt(document, 'resources')
  return Object.fromEntries(forms.resources.map(({ stream }) => [stream, 'incremental']))
}

function CostText({ cost, form }: { cost: Api<'StreamCost'> | undefined; form: StreamForm }) {
  if (!cost) return <span class="quiet">{form.cost}</span>
  return (
    <span>
      {amountOf(cost.requests, 'request')}, {durationText(cost.seconds)}
      {cost.rows !== null && `, ${amountOf(cost.rows, 'row')}`}
    </span>
  )
}

function StreamChoice({
  form,
  cost,
  tools,
}: {
  form: StreamForm
  cost: Api<'StreamCost'> | undefined
  tools: FormTools
}) {
  const { stream, modes, columns } = form
  const resources = chosenResources(tools)
  const mode = resources[stream]
  const isRead = typeof mode === 'string'
  const set = (value: string | undefined) =>
    tools.change('resources', withValue(resources, stream, value))
  return (
    <fieldset class="stream">
      <legend class="hidden">{titleOf(stream)}</legend>
      <label class="check strong">
        <input
          type="checkbox"
          checked={isRead}
          onChange={() => set(isRead ? undefined : modes[0])}
        />
        {titleOf(stream)}
      </label>
      {isRead && (
        <div class="modes">
          {modes.map((one) => (
            <label class="check" key={one}>
              <input
                type="radio"
                name={`mode-${stream}`}
                checked={mode === one}
                onChange={() => set(one)}
              />
              {modeWord(one)}. {MODE_HELP[one]}
            </label>
          ))}
        </div>
      )}
      <p class="problem">{tools.problems.get(`resources.${stream}`)}</p>
      <p>
        <CostText cost={cost} form={form} />
      </p>
      <details>
        <summary>
          {amountOf(columns.length, 'column')} of {titleOf(stream).toLowerCase()}
        </summary>
        <Table
          caption={`Columns of ${stream}`}
          columns={COLUMNS}
          rows={columns}
          keyOf={({ name }) => name}
        />
      </details>
    </fieldset>
  )
}

function Streams({ tools }: { tools: FormTools }) {
  const { forms, document, stored } = tools
  const hasKey =
    textAt(document, 'source.app_api_key') !== '' ||
    keptSecret(tools, 'source.app_api_key') !== undefined
  const resources = chosenResources(tools)
  // The number of requests does not depend on the modes.
  const counted = Object.fromEntries(Object.keys(resources).map((name) => [name, 'incremental']))
  const body =
    hasKey && Object.keys(resources).length > 0
      ? { source: sourceToCount(sectionAt(document, 'source')), resources: counted, stored }
      : undefined
  const { result, failure, isRunning, again } = useCheck<Api<'Cost'>>('/checks/cost', body, {
    waitMs: TYPING_MS,
    isKept: true,
  })
  return (
    <>
      <h3>Streams</h3>
      {forms.resources.map((form) => (
        <StreamChoice
          key={form.stream}
          form={form}
          cost={result?.streams.find(({ stream }) => stream === form.stream)}
          tools={tools}
        />
      ))}
      <p class="problem" role="alert">
        {tools.problems.get('resources')}
      </p>
      <div aria-live="polite">
        {isRunning && <p class="quiet">Counting what a run reads.</p>}
        {failure && !isRunning && (
          <Failure failure={failure}>
            <button type="button" onClick={again}>
              Try again
            </button>
          </Failure>
        )}
        {result && !isRunning && !failure && (
          <p>
            A full run makes <span class="strong">{amountOf(result.requests, 'request')}</span> and
            takes about <span class="strong">{durationText(result.seconds)}</span>, at{' '}
            {countText(result.requests_per_second)} requests a second.
          </p>
        )}
      </div>
    </>
  )
}

export function ResourcesStep({ tools }: { tools: FormTools }) {
  const fields = schemaFields(tools.forms.destination).filter(({ name }) =>
    TABLE_FIELDS.includes(name),
  )
  return (
    <>
      {fields.map((field) => (
        <Field key={field.name} field={field} path={`destination.${field.name}`} tools={tools} />
      ))}
      <Streams tools={tools} />
    </>
  )
}
