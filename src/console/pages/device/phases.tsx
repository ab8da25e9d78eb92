import { For, Show } from 'solid-js'
import type { ProbeOutcome, ProbePhase } from '../../api/generated.ts'
import { PHASES } from '../../lib/device-filter.ts'
import { duration, words } from '../../lib/format.ts'
import './phases.css'

interface Bar {
  phase: ProbePhase
  state: 'done' | 'ended' | 'not-reached'
  /** Milliseconds from the start of the probe. */
  beganMs: number
  /** Null if it was not kept. */
  tookMs: number | null
}

/** The phases of the last probe on one axis of time: when each began, how long it took, where it ended. */
export function Phases(props: {
  phase: ProbePhase
  outcome: ProbeOutcome
  durationMs: number
  phases: readonly { phase: ProbePhase; durationMs: number }[]
}) {
  const bars = (): Bar[] => {
    const ended = PHASES.indexOf(props.phase)
    let at = 0
    return PHASES.flatMap((phase, index): Bar[] => {
      const tookMs = props.phases.find((each) => each.phase === phase)?.durationMs ?? null
      const beganMs = at
      at += tookMs ?? 0
      const isGood = props.outcome === 'SUPPORTED' || props.outcome === 'MISSING_CAPABILITIES'
      if (index > ended && tookMs === null) return [{ phase, state: 'not-reached', beganMs, tookMs }]
      // A phase that a probe has no need of: facts that nobody wants.
      if (tookMs === null && props.phases.length > 0 && index < ended) return []
      return [{ phase, state: index === ended && !isGood ? 'ended' : 'done', beganMs, tookMs }]
    })
  }
  const total = () => Math.max(props.durationMs, 1)
  return (
    <section class="stack" aria-label="Phases of the last probe">
      <h2>
        Phases of the last probe <span class="soft small">{duration(props.durationMs)} in all</span>
      </h2>
      <ol class="phases">
        <For each={bars()}>
          {(bar) => (
            <li class={`phase ${bar.state}`}>
              <span class="phase-name">{words(bar.phase)}</span>
              <svg class="phase-track" aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 1000 12">
                <Show when={bar.tookMs !== null}>
                  <rect
                    class="phase-bar"
                    x={(bar.beganMs / total()) * 1000}
                    y="2"
                    width={Math.max(4, ((bar.tookMs ?? 0) / total()) * 1000)}
                    height="8"
                  />
                </Show>
              </svg>
              <span class="figures small phase-took">
                <Show
                  when={bar.tookMs !== null}
                  fallback={<span class="soft">{bar.state === 'not-reached' ? 'not reached' : ''}</span>}
                >
                  {duration(bar.tookMs ?? 0)}
                </Show>
                <Show when={bar.state === 'ended'}>
                  <span class="phase-end"> ✕ {words(props.outcome)}</span>
                </Show>
              </span>
            </li>
          )}
        </For>
      </ol>
    </section>
  )
}
