import { A, type RouteSectionProps, useBeforeLeave, useLocation } from '@solidjs/router'
import { createEffect, For, Match, on, type ParentProps, Show, Suspense, Switch } from 'solid-js'
import { ViewerDocument, type ViewerQuery } from '../api/generated.ts'
import { createAnswer } from '../api/resource.ts'
import { refusedBecause, signOut, token } from '../api/session.ts'
import { leaveFor } from '../lib/load-later.ts'
import { SignIn } from '../pages/sign-in.tsx'
import { CrashBoundary } from '../parts/crash.tsx'
import { Problem } from '../parts/problem.tsx'
import { openPalette, Palette } from './palette.tsx'
import { createStatus, StatusContext } from './status.ts'
import { StatusLine } from './status-line.tsx'
import { setTheme, theme } from './theme.ts'
import { ViewerContext } from './viewer.ts'
import './layout.css'

const PAGES = [
  { href: '/', name: 'Overview' },
  { href: '/devices', name: 'Devices' },
  { href: '/refreshes', name: 'Refreshes' },
  { href: '/plans', name: 'Plans' },
  { href: '/changes', name: 'Changes' },
] as const

/** The frame of every page: sign-in, navigation and status line. */
export function Layout(props: RouteSectionProps) {
  const viewer = createAnswer(ViewerDocument, () => {
    token()
    // Nobody is there to ask for, and the answer would say less than the reason.
    return refusedBecause() === null ? {} : null
  })
  return (
    <Switch fallback={<p class="waiting soft">Asking the gateway…</p>}>
      <Match when={refusedBecause() !== null}>
        <SignIn />
      </Match>
      <Match when={viewer.data()?.viewer}>
        {(known) => (
          <ViewerContext.Provider value={known}>
            <Frame viewer={known()}>{props.children}</Frame>
          </ViewerContext.Provider>
        )}
      </Match>
      <Match when={viewer.error()}>
        <main class="waiting">
          <Problem error={viewer.error()} onRetry={viewer.again} />
        </main>
      </Match>
    </Switch>
  )
}

function Frame(props: ParentProps<{ viewer: ViewerQuery['viewer'] }>) {
  const status = createStatus()
  const location = useLocation()
  useBeforeLeave(({ to }) => leaveFor(typeof to === 'string' ? to : null))
  createEffect(on([() => location.pathname, () => location.search], () => leaveFor(null)))
  let main: HTMLElement | undefined
  // Moves the focus, so that a screen reader reads the new page.
  createEffect((before: string | undefined) => {
    const path = location.pathname
    if (before !== undefined && before !== path) main?.focus({ preventScroll: true })
    return path
  })
  return (
    <StatusContext.Provider value={status}>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="top">
        <A href="/" class="brand">
          Rollcall
        </A>
        <nav aria-label="Pages">
          <ul class="pages">
            <For each={PAGES}>
              {(page) => (
                <li>
                  <A href={page.href} end={page.href === '/'} activeClass="here">
                    {page.name}
                  </A>
                </li>
              )}
            </For>
          </ul>
        </nav>
        <button type="button" class="button go-to" onClick={openPalette}>
          Go to… <kbd>Ctrl K</kbd>
        </button>
        <ThemeButton />
        <span class="soft small viewer">{props.viewer.name}</span>
        <Show when={token() !== null}>
          <button type="button" class="button plain" onClick={() => signOut('You have signed out.')}>
            Sign out
          </button>
        </Show>
      </header>
      <StatusLine />
      <main id="main" tabindex="-1" ref={main}>
        <CrashBoundary path={location.pathname}>
          <Suspense>{props.children}</Suspense>
        </CrashBoundary>
      </main>
      <Palette />
    </StatusContext.Provider>
  )
}

function ThemeButton() {
  const next = () => (theme() === 'system' ? 'dark' : theme() === 'dark' ? 'light' : 'system')
  return (
    <button
      type="button"
      class="button plain"
      title={`Colours: ${theme()}. Change to ${next()}.`}
      aria-label={`Colours: ${theme()}. Change to ${next()}.`}
      onClick={() => setTheme(next())}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" />
        <path d="M8 1.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor" />
      </svg>
    </button>
  )
}
