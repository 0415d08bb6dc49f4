/** The frame of a screen: its title, where it belongs, and its main actions. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { connectionPath } from '../api/query.ts'
import { hrefTo, type Route } from '../router/route.ts'
import { edits } from '../state/edits.ts'
import { useStore } from '../state/store.ts'

export interface PageProps {
  title: string
  /** The screens above. */
  parents?: readonly { title: string; route: Route }[]
  /** Next to the title, such as a state. */
  note?: ComponentChildren
  actions?: ComponentChildren
  children: ComponentChildren
}

/** Whether another screen was shown before. The first one leaves the focus where it is. */
let hasShownScreen = false

/** Screen readers read the new title, because it gets the focus. */
function useTitle(title: string) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · customerio-sync`
  }, [title])
  useEffect(() => {
    if (hasShownScreen) heading.current?.focus({ preventScroll: true })
    hasShownScreen = true
    globalThis.scrollTo(0, 0)
  }, [])
  return heading
}

export function Page({ title, parents = [], note, actions, children }: PageProps) {
  const heading = useTitle(title)
  return (
    <>
      {parents.length > 0 && (
        <nav class="parents" aria-label="Breadcrumb">
          {parents.map((parent) => (
            <a key={parent.title} href={hrefTo(parent.route)}>
              {parent.title}
            </a>
          ))}
        </nav>
      )}
      <div class="head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {note}
        {actions !== undefined && <div class="actions end">{actions}</div>}
      </div>
      {children}
    </>
  )
}

/** A part of a screen with a title. */
export function Section({
  title,
  actions,
  children,
}: {
  title: string
  actions?: ComponentChildren
  children: ComponentChildren
}) {
  return (
    <section class="section">
      <div class="head">
        <h2>{title}</h2>
        {actions !== undefined && <div class="actions end">{actions}</div>}
      </div>
      {children}
    </section>
  )
}

/** Links to the screens of one connection. */
export function ConnectionTabs({ name, screen }: { name: string; screen: Route['screen'] }) {
  const isEdited = useStore(edits).has(connectionPath(name))
  const tabs: [string, Route][] = [
    ['Overview', { screen: 'connection', name }],
    ['Runs', { screen: 'runs', filters: { connection: name } }],
    ['Data', { screen: 'data', name, stream: undefined }],
    ['Edit', { screen: 'edit', name, step: 'source' }],
  ]
  return (
    <nav class="tabs" aria-label={`Connection ${name}`}>
      {tabs.map(([title, route]) => (
        <a
          key={title}
          href={hrefTo(route)}
          aria-current={route.screen === screen ? 'page' : undefined}
        >
          {title}
          {route.screen === 'edit' && isEdited && ' (unsaved changes)'}
        </a>
      ))}
    </nav>
  )
}
