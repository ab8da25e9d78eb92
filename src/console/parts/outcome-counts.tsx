import { A } from '@solidjs/router'
import { For, Show } from 'solid-js'
import type { ProbeOutcome } from '../api/generated.ts'
import { count, share } from '../lib/format.ts'
import { OutcomeMark } from './outcome-mark.tsx'
import './outcome-counts.css'

interface Count {
  outcome: ProbeOutcome
  count: number
}

/** Devices by outcome, the most frequent first. Each number links to its devices. */
export function OutcomeCounts(props: {
  counts: readonly Count[]
  total: number
  unprobed?: number
  /** The same counts at an earlier time, for the change. */
  before?: readonly Count[] | undefined
  /** The address of the devices of an outcome; null for those that were never probed. */
  href?: (outcome: ProbeOutcome | null) => string
}) {
  const sorted = () => [...props.counts].sort((a, b) => b.count - a.count)
  const change = ({ outcome, count: now }: Count) => {
    const before = props.before?.find((entry) => entry.outcome === outcome)?.count ?? 0
    const by = now - before
    return by === 0 ? '' : `${by > 0 ? '+' : '−'}${count(Math.abs(by))}`
  }
  return (
    <table class="outcome-counts">
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
                <td class="figures soft">{change(entry)}</td>
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
              <td class="figures">{count(unprobed())}</td>
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
