import { For } from 'solid-js'
import type { ProbeOutcome, ProbePhase } from '../../api/generated.ts'
import { duration, words } from '../../lib/format.ts'
import './phases.css'

/** The phases of a probe, in order. */
const PHASES: readonly ProbePhase[] = [
  'RESOLVE',
  'CONNECT',
  'KEY_EXCHANGE',
  'AUTHENTICATE',
  'SUBSYSTEM',
  'HELLO',
  'FACTS',
  'CLOSE',
]

/** The phases that the last probe completed. */
export function Phases(props: { phase: ProbePhase; outcome: ProbeOutcome; durationMs: number }) {
  const ended = () => PHASES.indexOf(props.phase)
  const state = (index: number) => {
    if (props.outcome === 'SUPPORTED' || index < ended()) return 'done'
    return index === ended() ? 'ended' : 'not reached'
  }
  return (
    <section class="stack" aria-label="Phases of the last probe">
      <h2>
        Phases of the last probe <span class="soft small">{duration(props.durationMs)} in all</span>
      </h2>
      <ol class="phases">
        <For each={PHASES}>
          {(phase, index) => (
            <li class={`phase ${state(index()).replace(' ', '-')}`}>
              <span>{words(phase)}</span>
              <span class="soft small">
                {state(index()) === 'ended' ? `ended here: ${words(props.outcome)}` : state(index())}
              </span>
            </li>
          )}
        </For>
      </ol>
    </section>
  )
}
