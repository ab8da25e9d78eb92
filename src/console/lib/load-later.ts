import { lazy } from 'solid-js'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 5_000

/** The key under which a tab remembers when it was last reloaded for a newer version of the console. */
const RELOADED = 'rollcall.reloaded'

/** A tab is not reloaded again within this time. */
const RELOAD_PAUSE_MS = 60_000

/**
 * Loads a part of the console that comes later, and tries again until it is there: the gateway may be
 * restarting. If the gateway answers and no longer has the part, it serves a newer console, and the page is
 * reloaded.
 */
export async function loadLater<T>(load: () => Promise<T>): Promise<T> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await load()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait))
      if (await servesAnotherVersion()) reloadOnce()
    }
  }
}

/** A component that is loaded when it is first shown; see `loadLater`. */
export const lazyLater: typeof lazy = (load) => lazy(() => loadLater(load))

/** Whether the gateway answers with a page that starts with another script than this one. */
async function servesAnotherVersion(): Promise<boolean> {
  try {
    const response = await fetch('/', { cache: 'no-store' })
    const script = document.querySelector<HTMLScriptElement>('script[type=module]')
    return response.ok && script !== null && !(await response.text()).includes(new URL(script.src).pathname)
  } catch {
    return false
  }
}

function reloadOnce(): void {
  const last = Number(sessionStorage.getItem(RELOADED))
  if (Date.now() - last < RELOAD_PAUSE_MS) return
  sessionStorage.setItem(RELOADED, String(Date.now()))
  location.reload()
}
