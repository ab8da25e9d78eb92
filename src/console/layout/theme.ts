import { createSignal } from 'solid-js'

const STORED = 'rollcall.theme'

export type Theme = 'system' | 'light' | 'dark'

function stored(): Theme {
  const value = localStorage.getItem(STORED)
  return value === 'light' || value === 'dark' ? value : 'system'
}

const [theme, setSignal] = createSignal<Theme>(stored())
apply(theme())

export { theme }

/** Switches the console between light, dark and the system's setting. The browser remembers the choice. */
export function setTheme(next: Theme): void {
  setSignal(next)
  if (next === 'system') localStorage.removeItem(STORED)
  else localStorage.setItem(STORED, next)
  apply(next)
}

function apply(next: Theme): void {
  if (next === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
}
