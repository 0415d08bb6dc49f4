/** Actions that do not fit next to the others: a button that opens a list of buttons. */

import { useId, useRef } from 'preact/hooks'

export interface MenuItem {
  label: string
  isDangerous?: boolean
  onChoose: () => void
}

const GAP_PX = 4

/** Below the button, within the window. */
function place(list: HTMLElement, button: HTMLElement): void {
  const { bottom, right } = button.getBoundingClientRect()
  const { width, height } = list.getBoundingClientRect()
  const top = Math.min(bottom + GAP_PX, globalThis.innerHeight - height - GAP_PX)
  list.style.top = `${Math.max(GAP_PX, top)}px`
  list.style.left = `${Math.max(GAP_PX, right - width)}px`
}

export function Menu({
  label,
  of,
  items,
}: {
  label: string
  of: string
  items: readonly MenuItem[]
}) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const choose = ({ onChoose }: MenuItem) => {
    list.current?.hidePopover()
    button.current?.focus()
    onChoose()
  }
  return (
    <>
      <button type="button" ref={button} popovertarget={id} aria-label={`${label}: ${of}`}>
        {label}
      </button>
      <div
        id={id}
        ref={list}
        popover="auto"
        class="menu"
        onToggle={() => {
          if (list.current && button.current) place(list.current, button.current)
        }}
      >
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            class={item.isDangerous === true ? 'plain danger-text' : 'plain'}
            onClick={() => choose(item)}
          >
            {item.label}
          </button>
        ))}
      </div>
    </>
  )
}
