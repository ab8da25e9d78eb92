import { Show } from 'solid-js'
import { instant, relative } from '../lib/format.ts'
import { now } from '../lib/now.ts'

/** A time as "4 min ago", with the exact instant on hover; a dash if there is none. */
export function When(props: { at: string | null | undefined; none?: string }) {
  return (
    <Show when={props.at} fallback={<span class="soft">{props.none ?? '–'}</span>}>
      {(at) => (
        <time datetime={at()} title={instant(at())}>
          {relative(at(), now())}
        </time>
      )}
    </Show>
  )
}
