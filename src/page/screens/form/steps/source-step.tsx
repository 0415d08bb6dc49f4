/** The second step: the key, tested live, and how far back the first sync reads. */

import { useEffect, useRef, useState } from 'preact/hooks'
import type { Api } from '../../../../console/api/schemas.generated.ts'
import { isTestedAtOnce, regionToEnter, sourceToTest } from '../../../form/key-test.ts'
import { schemaFields } from '../../../form/schema-fields.ts'
import { useCheck } from '../../../state/use-check.ts'
import { sectionAt, textAt, type Document } from '../../../view/documents.ts'
import { Field, MoreFields } from '../field.tsx'
import { Findings } from '../findings.tsx'
import { keptSecret } from '../../../form/stored-secret.ts'
import type { FormTools } from '../form-tools.ts'

const MAIN = ['app_api_key', 'region', 'cutoff_days']
const KEY = 'source.app_api_key'
/** A key is tested when a person has stopped to type. */
const TYPING_MS = 800

/** Tests a new key by itself, and a stored one when a person asks for it. */
function useKeyTest(tools: FormTools) {
  const { document, stored } = tools
  const [isAsked, setAsked] = useState(false)
  const tested = useRef<Document | undefined>(undefined)
  const found = useRef<string | null | undefined>(undefined)
  const hasKey = textAt(document, KEY) !== '' || keptSecret(tools, KEY) !== undefined
  const source = sourceToTest(sectionAt(document, 'source'), tested.current, found.current)
  const isTested = hasKey && (isAsked || isTestedAtOnce(tools))
  const body = isTested ? { source, stored } : undefined
  const check = useCheck<Api<'KeyTest'>>('/checks/key', body, {
    waitMs: TYPING_MS,
    isKept: true,
  })
  const { result } = check
  tested.current = isTested ? source : undefined
  found.current = result?.region
  useEffect(() => {
    const region = regionToEnter(tools, result?.region)
    if (region !== undefined) tools.change('source.region', region)
  }, [result])
  return { ...check, hasKey, isTested, ask: () => (isTested ? check.again() : setAsked(true)) }
}

function KeyTest({ tools }: { tools: FormTools }) {
  const { result, failure, isRunning, again, hasKey, isTested, ask } = useKeyTest(tools)
  if (!hasKey) return null
  return (
    <div class="check">
      <div class="head">
        <h3>API key test</h3>
        <button type="button" disabled={isRunning} onClick={ask}>
          {isTested ? 'Test again' : 'Test'}
        </button>
      </div>
      <Findings
        findings={result?.findings}
        failure={failure}
        isRunning={isRunning}
        waiting="Reading one record of each stream."
        again={again}
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
