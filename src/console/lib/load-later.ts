import { lazy } from 'solid-js'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 5_000

/** The key under which a tab remembers its last reload. */
const RELOADED = 'rollcall.reloaded'

/** The pause after a reload. It doubles with each further one, and is forgotten after the longest. */
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 3_600_000

/**
 * Loads a part of the console that comes later, and tries again until it is there: the gateway may be
 * restarting, or serve a newer console without this part. From the second failure on, the page is reloaded
 * once the gateway answers: a browser that could not fetch a module does not fetch it again for the same
 * page.
 */
export async function loadLater<T>(load: () => Promise<T>): Promise<T> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await load()
    } catch {
      if (wait > FIRST_WAIT_MS && (await answers())) reload()
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
}

/** A component that is loaded when it is first shown; see `loadLater`. */
export const lazyLater: typeof lazy = (load) => lazy(() => loadLater(load))

async function answers(): Promise<boolean> {
  try {
    return (await fetch('/', { cache: 'no-store' })).ok
  } catch {
    return false
  }
}

/** The address of the page that the router waits for: it shows that address only once it has the page. */
let awaited: string | null = null

/** Called when the router leaves for another page, and with null when it has arrived. */
export function leaveFor(address: string | null): void {
  awaited = address
}

/** Reloads the page, unless it was reloaded just before: something else may keep the part away. */
function reload(): void {
  const [at = 0, pause = 0] = (sessionStorage.getItem(RELOADED) ?? '').split(' ').map(Number)
  const since = Date.now() - at
  if (since < pause) return
  const next = since < LONGEST_PAUSE_MS && pause > 0 ? Math.min(pause * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS
  sessionStorage.setItem(RELOADED, `${Date.now()} ${next}`)
  if (awaited === null) location.reload()
  else location.assign(awaited)
}
