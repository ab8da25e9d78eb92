import { For } from 'solid-js'
import { duration, instant, plural, words } from '../../lib/format.ts'
import { meaningOf } from '../../lib/outcomes.ts'
import type { DeviceDetail } from './detail.ts'
import './probe-strip.css'

type Probe = DeviceDetail['probes']['nodes'][number]

/** The last probes, the oldest at the left. Shape and colour show the class, height shows the duration. */
export function ProbeStrip(props: { probes: readonly Probe[] }) {
  const longest = () => Math.max(1, ...props.probes.map(({ durationMs }) => durationMs))
  const height = (probe: Probe) =>
    Math.max(4, Math.round((Math.sqrt(probe.durationMs) / Math.sqrt(longest())) * 36))
  const label = (probe: Probe) =>
    `${instant(probe.startedAt)}: ${words(probe.outcome)} after ${duration(probe.durationMs)}`
  return (
    <section class="stack" aria-label="Last probes">
      <h2>
        Last {plural(props.probes.length, 'probe')}
        <span class="soft small"> the taller, the longer it took</span>
      </h2>
      <ol class="strip">
        <For each={props.probes.toReversed()}>
          {(probe) => (
            <li class={`strip-mark ${meaningOf(probe.outcome).class}`} title={label(probe)}>
              <span class="visually-hidden">{label(probe)}</span>
              <svg width="10" height={height(probe)} aria-hidden="true">
                <rect class="strip-bar" x="1" y="1" width="8" height={height(probe) - 2} />
              </svg>
            </li>
          )}
        </For>
      </ol>
    </section>
  )
}
