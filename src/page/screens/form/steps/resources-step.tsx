/** The fourth step: tables and streams, with the cost of a run. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../../console/api/schemas.generated.ts'
import { Failure } from '../../../components/notice.tsx'
import { Table, type TableColumn } from '../../../components/table.tsx'
import { sourceToCount } from '../../../form/key-test.ts'
import { schemaFields } from '../../../form/schema-fields.ts'
import {
  chosenResources,
  countedResources,
  streamGroups,
  type StreamGroup,
} from '../../../form/stream-choice.ts'
import { useCheck } from '../../../state/use-check.ts'
import { sectionAt, textAt, withValue } from '../../../view/documents.ts'
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

/** A stream with one mode. */
const ONLY_HELP: Readonly<Record<Api<'Mode'>, string>> = {
  incremental: 'Every run adds rows, and keeps the earlier ones.',
  full_refresh: 'Reads everything in every run, and finds deleted rows.',
}

const COLUMNS: readonly TableColumn<Api<'Column'>>[] = [
  { title: 'Column', cell: ({ name }) => <code>{name}</code> },
  { title: 'Type', cell: ({ type }) => type ?? '' },
  { title: 'Description', cell: ({ description }) => description ?? '' },
]

function CostText({ cost, form }: { cost: Api<'StreamCost'> | undefined; form: StreamForm }) {
  if (!cost) return <span class="quiet">{form.cost}</span>
  return (
    <span>
      {amountOf(cost.requests, 'request')}, {durationText(cost.seconds)}
      {cost.rows !== null && `, ${amountOf(cost.rows, 'row')}`}
    </span>
  )
}

function ModeChoice({
  form: { stream, modes },
  mode,
  set,
}: {
  form: StreamForm
  mode: string
  set: (mode: Api<'Mode'>) => void
}) {
  const [only, ...others] = modes
  if (only && others.length === 0 && mode === only) {
    return (
      <p>
        {modeWord(only)}. {ONLY_HELP[only]}
      </p>
    )
  }
  return (
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
  const resources = chosenResources(tools.forms, tools.document)
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
      {isRead && <ModeChoice form={form} mode={mode} set={set} />}
      {form.is_personal && <p class="quiet">Identifies people.</p>}
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

interface GroupProps {
  group: StreamGroup
  costs: readonly Api<'StreamCost'>[]
  tools: FormTools
}

/** The core streams are always visible, others when one of them is read or a person opens them. */
function StreamGroupFields({ group, costs, tools }: GroupProps) {
  const { tier, title, help, streams, chosen } = group
  const [isOpenAtFirst] = useState(chosen.length > 0)
  const fields = streams.map((form) => (
    <StreamChoice
      key={form.stream}
      form={form}
      cost={costs.find(({ stream }) => stream === form.stream)}
      tools={tools}
    />
  ))
  if (tier === 'core') return <>{fields}</>
  return (
    <details class="streams" open={isOpenAtFirst}>
      <summary>
        {title}: {chosen.length} of {amountOf(streams.length, 'stream')}
      </summary>
      <p class="help">{help}</p>
      {fields}
    </details>
  )
}

function Streams({ tools }: { tools: FormTools }) {
  const { forms, document, stored } = tools
  const hasKey =
    textAt(document, 'source.app_api_key') !== '' ||
    keptSecret(tools, 'source.app_api_key') !== undefined
  const resources = chosenResources(forms, document)
  const counted = countedResources(forms, resources)
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
      {streamGroups(forms, resources).map((group) => (
        <StreamGroupFields
          key={group.tier}
          group={group}
          costs={result?.streams ?? []}
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
