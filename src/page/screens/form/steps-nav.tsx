/** The steps of the form as links, and the frame of one step. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { FORM_STEPS, stepAt, type StepId } from '../../form/steps.ts'
import { hrefTo, type Route } from '../../router/route.ts'

export interface StepsNavProps {
  step: StepId
  steps?: readonly StepId[]
  routeOf: (step: StepId) => Route
}

/** On a narrow screen the steps are one line, which may be longer than the screen. */
function useVisibleStep(step: StepId) {
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    const current = list.current?.querySelector('[aria-current]')
    current?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [step])
  return list
}

export function StepsNav({ step, steps = FORM_STEPS.map(({ id }) => id), routeOf }: StepsNavProps) {
  const list = useVisibleStep(step)
  return (
    <nav class="steps" aria-label="Steps">
      <ol ref={list}>
        {steps.map((id) => (
          <li key={id}>
            <a href={hrefTo(routeOf(id))} aria-current={id === step ? 'step' : undefined}>
              {stepAt(id).title}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  )
}

/** The step whose first problem gets the focus as soon as it is drawn. */
let wanted: StepId | undefined

/** Puts the focus into the first field of a step that has a problem, after it is drawn. */
export function focusProblemOf(step: StepId): void {
  wanted = step
}

/** Fields in closed details cannot have the focus. */
function openAround(element: Element): void {
  const details = element.closest('details:not([open])')
  if (!(details instanceof HTMLDetailsElement)) return
  details.open = true
  openAround(details)
}

function focusWanted(step: StepId): void {
  if (wanted !== step) return
  const found = document.querySelector<HTMLElement>('[aria-invalid="true"], .step .others')
  if (!found) return
  wanted = undefined
  openAround(found)
  found.focus()
}

/** Screen readers read the title of each new step, because it gets the focus. */
export function StepFrame({ step, children }: { step: StepId; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const last = useRef(step)
  useEffect(() => {
    if (last.current === step) return
    last.current = step
    if (wanted !== step) wanted = undefined
    heading.current?.focus()
  }, [step])
  useEffect(() => focusWanted(step))
  return (
    <div class="step">
      <h2 ref={heading} tabIndex={-1}>
        {stepAt(step).title}
      </h2>
      {children}
    </div>
  )
}
