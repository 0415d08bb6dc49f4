/** What went wrong or must be known, what is empty, and what is loading. */

import type { ComponentChildren } from 'preact'
import type { ApiFailure } from '../api/client.ts'

export interface NoticeProps {
  tone: 'bad' | 'warning' | 'neutral'
  title: string
  children?: ComponentChildren
}

export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <p class="strong">{title}</p>
      {children}
    </div>
  )
}

/** An error with its next step. */
export function Failure({
  failure,
  children,
}: {
  failure: ApiFailure
  children?: ComponentChildren
}) {
  const others = failure.problems.filter(({ message }) => !failure.message.includes(message))
  return (
    <Notice tone="bad" title={failure.message}>
      {failure.hint !== null && <p>{failure.hint}</p>}
      {others.map(({ field, message }) => (
        <p key={field}>
          <code>{field}</code> {message}
        </p>
      ))}
      {children}
    </Notice>
  )
}

/** Says what is not there yet, and the next step. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="strong">{title}</p>
      {children}
    </div>
  )
}

/** Grey lines in place of content that is loading. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="hidden">Loading</span>
      {Array.from({ length: lines }, (_, at) => (
        <span key={at} class="bone" />
      ))}
    </div>
  )
}

/** Shows content when it is there, and otherwise the error or grey lines. */
export function Loaded<T>(props: {
  body: T | undefined
  failure: ApiFailure | undefined
  /** Reads it again. */
  again?: () => void
  lines?: number
  children: (body: T) => ComponentChildren
}) {
  const { body, failure, again, lines = 6, children } = props
  const retry = again && (
    <button type="button" onClick={again}>
      Try again
    </button>
  )
  if (body === undefined) {
    return failure ? <Failure failure={failure}>{retry}</Failure> : <Skeleton lines={lines} />
  }
  return (
    <>
      {failure && (
        <Failure failure={failure}>
          <p>What follows may be out of date.</p>
          {retry}
        </Failure>
      )}
      {children(body)}
    </>
  )
}
