import { A } from '@solidjs/router'
import { createMemo, createSignal, For, Show } from 'solid-js'
import type { CountsFragment } from '../api/generated.ts'
import { devicesPage, type Term } from '../lib/filter-text.ts'
import { count, share } from '../lib/format.ts'
import { CsvButton } from './csv-button.tsx'
import './lines.css'

export interface PlaceLine {
  name: string
  href: string
  group?: string | null
  groupHref?: string | null
  /** The condition that the devices of the place meet. */
  terms: readonly Term[]
  summary: CountsFragment
}

const NOT_SUPPORTED: Term = { key: 'outcome', value: 'supported', isNegated: true }

/**
 * Regions, countries or sites with their counts; those with the most devices that do not answer first.
 * `title` and `titles` are their kind, one and many.
 */
export function PlaceTable(props: {
  places: PlaceLine[]
  title: string
  titles: string
  groupTitle?: string
}) {
  const [byName, setByName] = createSignal(false)
  const sorted = createMemo(() => {
    const missing = ({ summary }: PlaceLine) => summary.devices - summary.supported
    return props.places.toSorted((a, b) =>
      byName() ? a.name.localeCompare(b.name) : missing(b) - missing(a) || a.name.localeCompare(b.name),
    )
  })
  const groups = () => (props.groupTitle ? [props.groupTitle.toLowerCase()] : [])
  return (
    <section class="stack places" aria-label={props.titles}>
      <div class="row spread">
        <h2>{props.titles}</h2>
        <CsvButton
          name={props.titles.toLowerCase()}
          columns={[
            props.title.toLowerCase(),
            ...groups(),
            'devices',
            'supported',
            'not supported',
            'never probed',
          ]}
          lines={sorted}
          cells={({ name, group, summary }) => [
            name,
            ...groups().map(() => group ?? ''),
            String(summary.devices),
            String(summary.supported),
            String(summary.devices - summary.supported),
            String(summary.unprobed),
          ]}
        />
      </div>
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
                  <td class="figures">
                    <A href={devicesPage(place.terms)}>{count(place.summary.devices)}</A>
                  </td>
                  <td class="figures">
                    <A href={devicesPage([...place.terms, NOT_SUPPORTED])}>
                      {count(place.summary.devices - place.summary.supported)}
                    </A>
                  </td>
                  <td class="figures">{share(place.summary.supported, place.summary.devices)}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
    </section>
  )
}
