/** A state as a shape and a word. */

import type { Shape, StateWords } from '../view/words.ts'

/** In a square of 12 by 12. */
const SHAPES: Readonly<Record<Shape, string>> = {
  disc: 'M6 1a5 5 0 1 1 0 10a5 5 0 0 1 0-10z',
  ring: 'M6 1a5 5 0 1 1 0 10a5 5 0 0 1 0-10zm0 2a3 3 0 1 0 0 6a3 3 0 0 0 0-6z',
  triangle: 'M6 1l5.5 10h-11z',
  square: 'M2 2h8v8h-8z',
  diamond: 'M6 0.5l5.5 5.5l-5.5 5.5l-5.5-5.5z',
  bars: 'M2 1.5h3v9h-3zm5 0h3v9h-3z',
  half: 'M6 1a5 5 0 1 1 0 10a5 5 0 0 1 0-10zm0 1.5a3.5 3.5 0 0 0 0 7z',
  clock: 'M6 1a5 5 0 1 1 0 10a5 5 0 0 1 0-10zm-0.7 2v3.4l2.4 1.8l0.8-1.1l-1.8-1.4v-2.7z',
}

export function State({ word, shape, tone }: StateWords) {
  return (
    <span class={`state ${tone}`}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        <path d={SHAPES[shape]} fill="currentColor" fill-rule="evenodd" />
      </svg>
      {word}
    </span>
  )
}
