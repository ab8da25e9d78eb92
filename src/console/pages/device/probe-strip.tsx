import { A } from '@solidjs/router'
import { createSignal, For, Show } from 'solid-js'
import { duration, instant, plural, words } from '../../lib/format.ts'
import { meaningOf } from '../../lib/outcomes.ts'
import { OutcomeMark } from '../../parts/outcome-mark.tsx'
import { When } from '../../parts/when.tsx'
import type { DeviceDetail } from './detail.ts'
import './probe-strip.css'

type Probe = DeviceDetail['probes']['nodes'][number]

/**
 * The last probes, the oldest at the left: the class by shape and colour, the duration by height. Words below
 * describe the probe that is pointed at or focused, otherwise the last one.
 */
export function ProbeStrip(props: { probes: readonly Probe[] }) {
  const [chosen, setChosen] = createSignal<string | null>(null)
  const longest = () => Math.max(1, ...props.probes.map(({ durationMs }) => durationMs))
  const height = (probe: Probe) =>
    Math.max(4, Math.round((Math.sqrt(probe.durationMs) / Math.sqrt(longest())) * 36))
  const label = (probe: Probe) =>
    `${instant(probe.startedAt)}: ${words(probe.outcome)} after ${duration(probe.durationMs)}`
  const told = () => props.probes.find(({ id }) => id === chosen()) ?? props.probes[0]
  return (
    <section class="stack" aria-label="Last probes">
      <h2>
        Last {plural(props.probes.length, 'probe')}
        <span class="soft small"> the taller, the longer it took</span>
      </h2>
      <ol
        class="strip"
        tabindex="0"
        aria-label="Last probes, the oldest first; the arrow keys go from one to the next"
        onKeyDown={(event) => {
          const step = { ArrowLeft: 1, ArrowRight: -1 }[event.key]
          if (step === undefined) return
          event.preventDefault()
          const at = props.probes.findIndex(({ id }) => id === told()?.id)
          setChosen(props.probes[at + step]?.id ?? chosen())
        }}
      >
        <For each={props.probes.toReversed()}>
          {(probe) => (
            <li
              class={`strip-mark ${meaningOf(probe.outcome).class}`}
              classList={{ told: told()?.id === probe.id }}
              title={label(probe)}
              onPointerEnter={() => setChosen(probe.id)}
              onClick={() => setChosen(probe.id)}
            >
              <span class="visually-hidden">{label(probe)}</span>
              <svg width="10" height={height(probe)} aria-hidden="true">
                <rect class="strip-bar" x="1" y="1" width="8" height={height(probe) - 2} />
              </svg>
            </li>
          )}
        </For>
      </ol>
      <Show when={told()}>
        {(probe) => (
          <p class="row wrap strip-told" role="status">
            <OutcomeMark outcome={probe().outcome} />
            <span class="soft">
              <When at={probe().startedAt} />, {duration(probe().durationMs)}, ended in {words(probe().phase)}
              {probe().attempt > 1 ? `, attempt ${probe().attempt}` : ''}
            </span>
            <Show when={probe().refresh}>
              {(refresh) => <A href={`/refreshes/${refresh().id}`}>its refresh</A>}
            </Show>
            {/* The verdict above tells that of the last one. */}
            <span class="strip-message">
              {probe().id === props.probes[0]?.id ? '' : (probe().message ?? '')}
            </span>
          </p>
        )}
      </Show>
    </section>
  )
}
