/** The second step: the key, tested live, and how far back the first sync reads. */

import { useEffect, useRef, useState } from 'preact/hooks'
import type { Api } from '../../../../console/api/schemas.generated.ts'
import { isSameTest, isTestedAtOnce, regionToEnter, sourceToTest } from '../../../form/key-test.ts'
import { schemaFields } from '../../../form/schema-fields.ts'
import { useCheck } from '../../../state/use-check.ts'
import { sectionAt, textAt, type Document } from '../../../view/documents.ts'
import { Field, MoreFields } from '../field.tsx'
import { Findings } from '../findings.tsx'
import { keptSecret } from '../../../form/stored-secret.ts'
import type { FormTools } from '../form-tools.ts'

const MAIN = ['app_api_key', 'region', 'cutoff_days']
const KEY = 'source.app_api_key'
/** The keys of the keyboard go through the regions one by one. */
const CHOOSING_MS = 300

/** The source that a person has entered completely; undefined while they type. */
function useEntered(tools: FormTools, isTyping: boolean, tests: TestedKey): Document | undefined {
  const entered = useRef<Document | undefined>(undefined)
  const source = sourceToTest(sectionAt(tools.document, 'source'), tests.source, tests.region)
  if (!isTyping) entered.current = source
  return isSameTest(source, entered.current) ? source : undefined
}

interface TestedKey {
  source?: Document | undefined
  /** Where the key belongs to. */
  region?: string | null | undefined
}

/** Tests a new key by itself, and a stored one when a person asks for it. */
function useKeyTest(tools: FormTools, isTyping: boolean) {
  const { document, stored } = tools
  const [isAsked, setAsked] = useState(false)
  const tested = useRef<TestedKey>({})
  const hasKey = textAt(document, KEY) !== '' || keptSecret(tools, KEY) !== undefined
  const source = useEntered(tools, isTyping, tested.current)
  const isWanted = hasKey && (isAsked || isTestedAtOnce(tools))
  const body = isWanted && source ? { source, stored } : undefined
  const check = useCheck<Api<'KeyTest'>>('/checks/key', body, {
    waitMs: CHOOSING_MS,
    isKept: true,
  })
  const { result } = check
  tested.current = { source: body?.source, region: result?.region }
  useEffect(() => {
    const region = regionToEnter(tools, result?.region)
    if (region !== undefined) tools.change('source.region', region)
  }, [result])
  const isTested = body !== undefined
  return {
    ...check,
    hasKey,
    isTested,
    /** The test begins when the field is left. */
    waits: isWanted && !isTested,
    ask: () => (isTested ? check.again() : setAsked(true)),
  }
}

function KeyTest({ tools, isTyping }: { tools: FormTools; isTyping: boolean }) {
  const test = useKeyTest(tools, isTyping)
  const { result, failure, isRunning, again, hasKey, isTested, waits, ask } = test
  if (!hasKey) return null
  return (
    <div class="check">
      <div class="head">
        <h3>API key test</h3>
        <button type="button" disabled={isRunning} onClick={ask}>
          {isTested ? 'Test again' : 'Test'}
        </button>
      </div>
      {waits && <p class="quiet">The test begins when you leave the field.</p>}
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
  const [isTyping, setTyping] = useState(false)
  return (
    <>
      {fields
        .filter(({ name }) => MAIN.includes(name))
        .map((field) => (
          <Field
            key={field.name}
            field={field}
            path={`source.${field.name}`}
            tools={tools}
            onTyping={setTyping}
          />
        ))}
      <KeyTest tools={tools} isTyping={isTyping} />
      <MoreFields
        title="More settings of the source"
        section="source"
        fields={fields.filter(({ name }) => !MAIN.includes(name))}
        tools={tools}
        onTyping={setTyping}
      />
    </>
  )
}
