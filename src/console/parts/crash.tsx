import { createEffect, ErrorBoundary, type JSX, on, onMount } from 'solid-js'
import './problem.css'

/** Shows its children or, if they fail with an error that nobody expected, a message with a way out. */
export function CrashBoundary(props: {
  /** The page that is shown: another one may work where this one has failed. */
  path?: string
  children: JSX.Element
}) {
  return (
    <ErrorBoundary
      fallback={(error: unknown, reset) => {
        createEffect(on(() => props.path, reset, { defer: true }))
        return <Crash error={error} />
      }}
    >
      {props.children}
    </ErrorBoundary>
  )
}

function Crash(props: { error: unknown }) {
  // For the tools of the browser, with its stack.
  onMount(() => reportError(props.error))
  return (
    <div class="problem" role="alert">
      <div>
        <h1>This page has failed</h1>
        <p>A fault in the console keeps it from being shown. The gateway works on. Reload the page.</p>
        <p>
          If it fails again, report this text: <code>{String(props.error)}</code>
        </p>
      </div>
      <button type="button" class="button primary" onClick={() => location.reload()}>
        Reload
      </button>
    </div>
  )
}
