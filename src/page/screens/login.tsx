/** Logging in, also when the session ends while the page is open. What was entered stays. */

import { useId, useState } from 'preact/hooks'
import type { Api } from '../../console/api/schemas.generated.ts'
import { Dialog } from '../components/dialog.tsx'
import { Failure } from '../components/notice.tsx'
import { cache, client, isLoggedOut } from '../state/console.ts'
import { useAction } from '../state/use-action.ts'
import { useResponse } from '../state/use-response.ts'
import { tokenIn } from '../form/token.ts'

type Way = 'password' | 'token'

const LABELS: Readonly<Record<Way, string>> = { password: 'Password', token: 'Token or link' }

export function LoginDialog() {
  const id = useId()
  const { body: ways } = useResponse<Api<'LoginWays'>>('/login')
  const [chosen, setChosen] = useState<Way>()
  const way = chosen ?? (ways?.has_password === true ? 'password' : 'token')
  const [text, setText] = useState('')
  const { run, isRunning, failure } = useAction(async () => {
    const body = way === 'password' ? { password: text } : { token: tokenIn(text) }
    await client.request('/session', { method: 'POST', body })
    isLoggedOut.set(false)
    cache.refresh([''])
  })
  return (
    <Dialog title="Log in">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void run()
        }}
      >
        <p>Your session has ended. What you entered is still here.</p>
        <div class="choices" role="group" aria-label="How to log in">
          {(['token', 'password'] as const).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === way}
              onClick={() => setChosen(one)}
            >
              {LABELS[one]}
            </button>
          ))}
        </div>
        <div class="field">
          <label for={id}>{LABELS[way]}</label>
          <input
            id={id}
            type="password"
            autocomplete={way === 'password' ? 'current-password' : 'off'}
            value={text}
            aria-describedby={`${id}-help`}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <p class="help" id={`${id}-help`}>
            {way === 'token'
              ? 'The terminal of the console shows a link that works once. If the link has expired, stop the console and start it again. This page keeps what you entered.'
              : 'Works when the console has one. To set one, stop the console and run customerio-sync console --set-password.'}
          </p>
        </div>
        {failure && <Failure failure={failure} />}
        <div class="actions end">
          <button type="submit" class="primary" disabled={isRunning || text === ''}>
            Log in
          </button>
        </div>
      </form>
    </Dialog>
  )
}
