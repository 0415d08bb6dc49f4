/** What is on every screen: where to go, whether the schedules run, messages. */

import { useState } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import type { Api } from '../../console/api/schemas.generated.ts'
import { toFailure } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { Menu } from '../components/menu.tsx'
import { hrefTo, type Route } from '../router/route.ts'
import { client, closeMessage, messages, sayFailure } from '../state/console.ts'
import { isConnected } from '../state/live.ts'
import { useStore } from '../state/store.ts'
import { nextTheme, theme } from '../state/theme.ts'
import { useResponse } from '../state/use-response.ts'
import { titleOf } from '../view/numbers.ts'

const PLACES: readonly { title: string; route: Route; screens: readonly Route['screen'][] }[] = [
  {
    title: 'Connections',
    route: { screen: 'connections' },
    screens: ['connections', 'connection', 'edit', 'data', 'new'],
  },
  { title: 'Runs', route: { screen: 'runs', filters: {} }, screens: ['runs', 'run'] },
  {
    title: 'Destinations',
    route: { screen: 'destinations' },
    screens: ['destinations', 'destination'],
  },
]

function Places({ screen }: { screen: Route['screen'] }) {
  return (
    <nav class="places" aria-label="Main">
      {PLACES.map(({ title, route, screens }) => (
        <a
          key={title}
          href={hrefTo(route)}
          aria-current={screens.includes(screen) ? 'page' : undefined}
        >
          {title}
        </a>
      ))}
    </nav>
  )
}

function LinkDialog({ url, onClose }: { url: string; onClose: () => void }) {
  return (
    <Dialog title="Log in another browser" onClose={onClose}>
      <p>This link logs in one more browser. It works once. Treat it like a password.</p>
      <pre class="file" tabIndex={0} role="region" aria-label="Link">
        {url}
      </pre>
      <div class="actions end">
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  )
}

async function logOut(): Promise<void> {
  await client.request('/session', { method: 'DELETE' })
  // Another document, so that nothing of this one stays on the screen.
  globalThis.location.replace('/login')
}

function orSay(act: () => Promise<void>): void {
  act().catch((error: unknown) => sayFailure(toFailure(error)))
}

function Session({ workspace }: { workspace: string }) {
  const [url, setUrl] = useState<string>()
  const chosen = useStore(theme)
  const link = async () => {
    const { body } = await client.request<Api<'LoginLink'>>('/session/links', { method: 'POST' })
    setUrl(body.url)
  }
  return (
    <>
      <button
        type="button"
        class="plain"
        onClick={() => theme.set(nextTheme(chosen))}
        aria-label={`Theme: ${titleOf(chosen)}. Change it.`}
      >
        Theme: {titleOf(chosen)}
      </button>
      <Menu
        label="Session"
        of={workspace}
        items={[
          { label: 'Log in another browser', onChoose: () => orSay(link) },
          { label: 'Log out', onChoose: () => orSay(logOut) },
        ]}
      />
      {url !== undefined && <LinkDialog url={url} onClose={() => setUrl(undefined)} />}
    </>
  )
}

const SCHEDULES: Readonly<Record<Api<'Schedules'>['state'], string>> = {
  running: 'Schedules run here.',
  off: 'Schedules are off.',
  elsewhere: 'Another process runs the schedules.',
  blocked: 'Schedules do not run.',
}

function scheduleText({ state, message }: Api<'Schedules'>): string {
  if (state === 'elsewhere') return 'This console takes over when that process ends.'
  const next =
    ' To run them, restart the console without --no-schedules, or run customerio-sync start.'
  return `${message ?? ''}${state === 'off' ? next : ''}`
}

function ScheduleLine({ schedules }: { schedules: Api<'Schedules'> }) {
  const { state, message } = schedules
  if (message === null && state === 'running') return null
  const tone = state === 'elsewhere' || state === 'running' ? 'neutral' : 'warning'
  return (
    <p class={`banner ${tone}`} role="status">
      <span class="strong">{SCHEDULES[state]}</span> {scheduleText(schedules)}
    </p>
  )
}

function Messages() {
  const shown = useStore(messages)
  return (
    <div class="messages" role="status" aria-live="polite">
      {shown.map(({ id, text, isError }) => (
        <div key={id} class={isError ? 'message bad' : 'message'}>
          <span>{text}</span>
          <button type="button" class="plain" onClick={() => closeMessage(id)}>
            Close
          </button>
        </div>
      ))}
    </div>
  )
}

export function Shell({
  screen,
  children,
}: {
  screen: Route['screen']
  children: ComponentChildren
}) {
  const { body } = useResponse<Api<'Workspace'>>('/workspace')
  const isOnline = useStore(isConnected)
  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector('h1')?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href="#/">
          customerio-sync <span class="quiet">{body?.name}</span>
        </a>
        <Places screen={screen} />
        <div class="actions end">
          <Session workspace={body?.name ?? 'workspace'} />
        </div>
      </header>
      {!isOnline && (
        <p class="banner bad" role="alert">
          <span class="strong">The console does not respond.</span> This page reconnects by itself.
          What it shows may be out of date.
        </p>
      )}
      {body && <ScheduleLine schedules={body.schedules} />}
      <main>{children}</main>
      <footer class="quiet">
        {body && (
          <>
            <span class="breaks">{body.folder}</span> <span>Version {body.version}</span>
          </>
        )}
      </footer>
      <Messages />
    </>
  )
}
