/** Light, dark, or what the system prefers. */

import { createStore } from './store.ts'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'theme'
const THEMES: readonly Theme[] = ['system', 'light', 'dark']

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY)
    return THEMES.find((theme) => theme === stored) ?? 'system'
  } catch {
    return 'system' // storage is switched off
  }
}

export const theme = createStore<Theme>(storedTheme())

function show(chosen: Theme): void {
  const { dataset } = document.documentElement
  if (chosen === 'system') delete dataset['theme']
  else dataset['theme'] = chosen
}

/** Shows the stored theme, and keeps the page and the storage up to date. */
export function startTheme(): void {
  show(theme.get())
  theme.follow(() => {
    show(theme.get())
    try {
      localStorage.setItem(KEY, theme.get())
    } catch {
      // The choice then lasts until the page is closed.
    }
  })
}

export function nextTheme(current: Theme): Theme {
  return THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? 'system'
}
