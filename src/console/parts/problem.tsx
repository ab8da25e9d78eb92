import { Show } from 'solid-js'
import { relative } from '../lib/format.ts'
import { now } from '../lib/now.ts'
import './problem.css'

/** Shows a failure above the last good data, with the age of the data. */
export function Problem(props: { error: string | null; at?: number; onRetry?: () => void }) {
  return (
    <Show when={props.error}>
      {(error) => (
        <div class="problem" role="alert">
          <span>{error()}</span>
          <Show when={props.at}>
            {(at) => <span class="soft"> Shown: as of {relative(at(), now())}.</span>}
          </Show>
          <Show when={props.onRetry}>
            {(retry) => (
              <button type="button" class="button" onClick={() => retry()()}>
                Try again
              </button>
            )}
          </Show>
        </div>
      )}
    </Show>
  )
}
