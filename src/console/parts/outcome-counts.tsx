import { A } from '@solidjs/router'
import { For, Show } from 'solid-js'
import type { ProbeOutcome } from '../api/generated.ts'
import { count, share } from '../lib/format.ts'
import { OutcomeMark } from './outcome-mark.tsx'
import './lines.css'

interface Count {
  outcome: ProbeOutcome
  count: number
}

/** Devices by outcome, the most frequent first. Each number links to its devices. */
export function OutcomeCounts(props: {
  counts: readonly Count[]
  total: number
  unprobed?: number
  /** The same counts at an earlier time, for the change; null while there are none to compare with. */
  before?: readonly Count[] | null
  /** The address of the devices of an outcome; null for those that were never probed. */
  href?: (outcome: ProbeOutcome | null) => string
}) {
  const countIn = (counts: readonly Count[] | null | undefined, outcome: ProbeOutcome) =>
    counts?.find((entry) => entry.outcome === outcome)?.count ?? 0
  // An outcome that nobody has any more is still news.
  const sorted = () =>
    [...new Set([...props.counts, ...(props.before ?? [])].map(({ outcome }) => outcome))]
      .map((outcome) => ({ outcome, count: countIn(props.counts, outcome) }))
      .sort((a, b) => b.count - a.count)
  const changeOf = ({ outcome, count: now }: Count) => {
    const by = now - countIn(props.before, outcome)
    return by === 0 ? '' : `${by > 0 ? '+' : '−'}${count(Math.abs(by))}`
  }
  return (
    <table class="lines">
      <thead>
        <tr>
          <th scope="col">Outcome</th>
          <th scope="col" class="figures">
            Devices
          </th>
          <th scope="col" class="figures">
            Share
          </th>
          <Show when={props.before}>
            <th scope="col" class="figures">
              Change
            </th>
          </Show>
        </tr>
      </thead>
      <tbody>
        <For each={sorted()}>
          {(entry) => (
            <tr>
              <td>
                <OutcomeMark outcome={entry.outcome} />
              </td>
              <td class="figures">
                <Show when={props.href} fallback={count(entry.count)}>
                  {(href) => <A href={href()(entry.outcome)}>{count(entry.count)}</A>}
                </Show>
              </td>
              <td class="figures soft">{share(entry.count, props.total)}</td>
              <Show when={props.before}>
                <td class="figures soft">{changeOf(entry)}</td>
              </Show>
            </tr>
          )}
        </For>
        <Show when={props.unprobed}>
          {(unprobed) => (
            <tr>
              <td>
                <OutcomeMark outcome={null} />
              </td>
              <td class="figures">
                <Show when={props.href} fallback={count(unprobed())}>
                  {(href) => <A href={href()(null)}>{count(unprobed())}</A>}
                </Show>
              </td>
              <td class="figures soft">{share(unprobed(), props.total)}</td>
              <Show when={props.before}>
                <td />
              </Show>
            </tr>
          )}
        </Show>
      </tbody>
    </table>
  )
}
