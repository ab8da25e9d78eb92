import { batch, createSignal } from 'solid-js'

/** The key of the token in the session storage, which the browser clears with the tab. */
const STORED = 'rollcall.token'

const [token, setToken] = createSignal(sessionStorage.getItem(STORED))
const [refusedBecause, setRefusedBecause] = createSignal<string | null>(null)

/** The token or JWT that requests carry; null if nobody signed in. */
export { refusedBecause, token }

export function signIn(given: string): void {
  sessionStorage.setItem(STORED, given)
  batch(() => {
    setToken(given)
    setRefusedBecause(null)
  })
}

/** Drops the token. The sign-in page shows `because`, the reason that the gateway gave. */
export function signOut(because: string | null = null): void {
  sessionStorage.removeItem(STORED)
  batch(() => {
    setToken(null)
    setRefusedBecause(because)
  })
}

/** The headers of every request to the gateway. */
export function authorization(): Record<string, string> {
  const current = token()
  return current === null ? {} : { authorization: `Bearer ${current}` }
}
