import { A } from '@solidjs/router'
import { type Accessor, type JSX, Show } from 'solid-js'
import type { Answer } from '../api/resource.ts'
import { Problem } from './problem.tsx'

/** Shows what the id in the address names, or says that there is no such thing. */
export function Entity<Data, Found extends object>(props: {
  /** For example "device". */
  what: string
  /** The page that lists them: "devices". */
  lists: string
  answer: Answer<Data>
  /** Null if nothing has the id; undefined until the answer is there. */
  found: Found | null | undefined
  /** What else is to be known if nothing has the id. */
  hint?: string
  children: (found: Accessor<Found>) => JSX.Element
}) {
  // The id is all that the query is given, so what the gateway does not accept is the id.
  const isMissing = () => props.answer.code() === 'BAD_USER_INPUT' || props.found === null
  return (
    <Show
      when={!isMissing()}
      fallback={
        <p>
          There is no {props.what} at this address. {props.hint}{' '}
          <A href={`/${props.lists}`}>Show all {props.lists}</A>
        </p>
      }
    >
      <Problem error={props.answer.error()} at={props.answer.at()} onRetry={props.answer.again} />
      <Show
        when={props.found}
        fallback={
          <Show when={!props.answer.error()}>
            <p class="soft">Asking the gateway…</p>
          </Show>
        }
      >
        {(found) => props.children(found)}
      </Show>
    </Show>
  )
}
