import { type JSX, Show } from 'solid-js'
import type { ProbeOutcome } from '../api/generated.ts'
import { meaningOf, type OutcomeClass } from '../lib/outcomes.ts'
import './outcome-mark.css'

const SHAPES: Record<OutcomeClass, () => JSX.Element> = {
  good: () => (
    <>
      <circle cx="6" cy="6" r="5.5" fill="currentColor" />
      <path d="M3.2 6.2 5.2 8.2 8.8 4" class="cut" />
    </>
  ),
  lacks: () => (
    <>
      <circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path d="M6 1.25a4.75 4.75 0 0 1 0 9.5z" fill="currentColor" />
    </>
  ),
  refuses: () => <path d="M6 .3 11.7 6 6 11.7.3 6z" fill="currentColor" />,
  broken: () => <path d="M6 .8 11.7 11H.3z" fill="currentColor" />,
  absent: () => <circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" stroke-width="1.5" />,
  unknown: () => <path d="M1.5 6h9" stroke="currentColor" stroke-width="2" />,
}

/** The shape of a class, in its colour. Hidden from screen readers, which read the word beside it. */
export function ClassMark(props: { class: OutcomeClass }) {
  return (
    <svg class={`mark ${props.class}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {SHAPES[props.class]()}
    </svg>
  )
}

/** Shape, colour and word of an outcome; null stands for a device that was never probed. */
export function OutcomeMark(props: { outcome: ProbeOutcome | null | undefined; wordless?: boolean }) {
  const meaning = () => meaningOf(props.outcome)
  return (
    <span class="outcome" title={props.wordless ? meaning().label : undefined}>
      <ClassMark class={meaning().class} />
      <Show when={!props.wordless} fallback={<span class="visually-hidden">{meaning().label}</span>}>
        <span>{meaning().label}</span>
      </Show>
    </span>
  )
}
