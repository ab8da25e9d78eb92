import { A } from '@solidjs/router'
import { createMemo, createSignal, For, Show } from 'solid-js'
import type { CountsFragment } from '../api/generated.ts'
import { count, share } from '../lib/format.ts'
import './lines.css'

export interface PlaceLine {
  name: string
  href: string
  group?: string | null
  groupHref?: string | null
  summary: CountsFragment
}

/** Regions, countries or sites with their counts; those with the most devices that do not answer first. */
export function PlaceTable(props: { places: PlaceLine[]; title: string; groupTitle?: string }) {
  const [byName, setByName] = createSignal(false)
  const sorted = createMemo(() => {
    const missing = ({ summary }: PlaceLine) => summary.devices - summary.supported
    return props.places.toSorted((a, b) =>
      byName() ? a.name.localeCompare(b.name) : missing(b) - missing(a) || a.name.localeCompare(b.name),
    )
  })
  return (
    <div class="table-scroller">
      <table class="lines">
        <thead>
          <tr>
            <th scope="col" aria-sort={byName() ? 'ascending' : undefined}>
              <button type="button" class="sort" onClick={() => setByName(true)}>
                {props.title}
              </button>
            </th>
            <Show when={props.groupTitle}>
              <th scope="col">{props.groupTitle}</th>
            </Show>
            <th scope="col" class="figures">
              Devices
            </th>
            <th scope="col" class="figures" aria-sort={byName() ? undefined : 'descending'}>
              <button type="button" class="sort" onClick={() => setByName(false)}>
                Not supported
              </button>
            </th>
            <th scope="col" class="figures">
              Supported
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={sorted()}>
            {(place) => (
              <tr>
                <td>
                  <A href={place.href}>{place.name}</A>
                </td>
                <Show when={props.groupTitle}>
                  <td>
                    <Show when={place.groupHref} fallback="–">
                      {(href) => <A href={href()}>{place.group}</A>}
                    </Show>
                  </td>
                </Show>
                <td class="figures">{count(place.summary.devices)}</td>
                <td class="figures">{count(place.summary.devices - place.summary.supported)}</td>
                <td class="figures">{share(place.summary.supported, place.summary.devices)}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}
