/** The second step: the key, tested live, and how far back the first sync reads. */

import { useEffect } from 'preact/hooks'
import type { Api } from '../../../../console/api/schemas.generated.ts'
import { schemaFields } from '../../../form/schema-fields.ts'
import { useCheck } from '../../../state/use-check.ts'
import { sectionAt, textAt } from '../../../view/documents.ts'
import { Field, MoreFields } from '../field.tsx'
import { Findings } from '../findings.tsx'
import { keptSecret } from '../../../form/stored-secret.ts'
import type { FormTools } from '../form-tools.ts'

const MAIN = ['app_api_key', 'region', 'cutoff_days']
const KEY = 'source.app_api_key'
/** A key is tested when a person has stopped to type. */
const TYPING_MS = 800

function KeyTest({ tools }: { tools: FormTools }) {
  const { document, stored } = tools
  const hasKey = textAt(document, KEY) !== '' || keptSecret(tools, KEY) !== undefined
  const body = hasKey ? { source: sectionAt(document, 'source'), stored } : undefined
  const { result, failure, isRunning, again } = useCheck<Api<'KeyTest'>>(
    '/checks/key',
    body,
    TYPING_MS,
  )
  const region = result?.region ?? ''
  useEffect(() => {
    if (region !== '' && textAt(document, 'source.api_url') === '')
      tools.change('source.region', region)
  }, [region])
  if (!hasKey) return null
  return (
    <div class="check">
      <div class="head">
        <h3>Test of the key</h3>
        <button type="button" disabled={isRunning} onClick={again}>
          Test again
        </button>
      </div>
      <Findings
        findings={result?.findings}
        failure={failure}
        isRunning={isRunning}
        waiting="Reading one record of each stream."
      />
    </div>
  )
}

export function SourceStep({ tools }: { tools: FormTools }) {
  const fields = schemaFields(tools.forms.source)
  return (
    <>
      {fields
        .filter(({ name }) => MAIN.includes(name))
        .map((field) => (
          <Field key={field.name} field={field} path={`source.${field.name}`} tools={tools} />
        ))}
      <KeyTest tools={tools} />
      <MoreFields
        title="More settings of the source"
        section="source"
        fields={fields.filter(({ name }) => !MAIN.includes(name))}
        tools={tools}
      />
    </>
  )
}
