/** Checks a connection as a whole: its file, its key, its streams and its warehouse. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { connectionPath } from '../../api/query.ts'
import { Notice } from '../../components/notice.tsx'
import { Section } from '../../components/page.tsx'
import { client } from '../../state/console.ts'
import { useAction } from '../../state/use-action.ts'
import { Findings } from '../form/findings.tsx'

type Result = Api<'ConnectionCheck'>

export function ConnectionCheck({ name }: { name: string }) {
  const [result, setResult] = useState<Result>()
  const { run, isRunning, failure } = useAction(async () => {
    const path = connectionPath(name, 'check')
    const { body } = await client.request<Result>(path, { method: 'POST' })
    setResult(body)
  })
  const button = (
    <button type="button" disabled={isRunning} onClick={() => void run()}>
      {result || failure ? 'Check again' : 'Check the connection'}
    </button>
  )
  return (
    <Section title="Check" actions={button}>
      {!result && !failure && !isRunning && (
        <p class="quiet">
          Tests the stored key, each stream, the destination and the schedule. No row is loaded.
        </p>
      )}
      {result && !isRunning && !result.is_working && (
        <Notice tone="bad" title="The connection does not work.">
          <p>Correct what failed under Edit, then check again.</p>
        </Notice>
      )}
      <Findings
        findings={result?.findings}
        failure={failure}
        isRunning={isRunning}
        waiting="The key, the streams and the destination are tested."
        again={() => void run()}
      />
    </Section>
  )
}
