import ids from 'virtual:country-ids'
import { A, useNavigate } from '@solidjs/router'
import { geoEqualEarth, geoPath } from 'd3-geo'
import type { FeatureCollection } from 'geojson'
import { createMemo, createResource, For, Show } from 'solid-js'
import { feature } from 'topojson-client'
import worldUrl from 'world-atlas/countries-110m.json?url'
import type { OverviewQuery } from '../../api/generated.ts'
import { plural, share } from '../../lib/format.ts'
import { loadLater } from '../../lib/load-later.ts'
import './world-map.css'

type Country = OverviewQuery['countries'][number]

const WIDTH = 720
const HEIGHT = 330

type World = Parameters<typeof feature>[0] & { objects: { countries: Parameters<typeof feature>[1] } }

async function fetchShapes(): Promise<{ id: string; path: string }[]> {
  const world = await loadLater(async () => {
    const response = await fetch(worldUrl)
    if (!response.ok) throw new Error(`The map is not there: ${response.status}.`)
    return (await response.json()) as World
  })
  const { features } = feature(world, world.objects.countries) as FeatureCollection
  // Antarctica has no devices, and would take a fifth of the height.
  const shown = features.filter(({ id }) => id !== '010')
  const projection = geoEqualEarth().fitSize([WIDTH, HEIGHT], { type: 'FeatureCollection', features: shown })
  const path = geoPath(projection).digits(1)
  return shown.map((shape) => ({ id: String(shape.id), path: path(shape) ?? '' }))
}

/** Countries shaded by their share of supported devices. Countries that the map lacks are listed below. */
export default function WorldMap(props: { countries: readonly Country[] }) {
  const navigate = useNavigate()
  const [shapes] = createResource(fetchShapes)
  const byId = createMemo(
    () =>
      new Map(
        props.countries.flatMap((country) =>
          country.code ? [[ids[country.code] ?? '', country] as const] : [],
        ),
      ),
  )
  const elsewhere = createMemo(() => {
    const drawn = new Set(shapes()?.map(({ id }) => id))
    return props.countries.filter(({ code }) => code === null || !drawn.has(ids[code] ?? ''))
  })
  const open = ({ name }: Country) => navigate(`/countries/${encodeURIComponent(name)}`)
  const label = ({ name, summary }: Country) =>
    summary.devices === 0
      ? `${name}: no active devices`
      : `${name}: ${share(summary.supported, summary.devices)} of ` +
        `${plural(summary.devices, 'device')} supported`
  return (
    <figure class="map">
      {/* Hidden from screen readers, which read the list of countries. */}
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="group"
        aria-label="Map of countries by their share of supported devices"
      >
        <For each={shapes()}>
          {(shape) => (
            <Show when={byId().get(shape.id)} fallback={<path d={shape.path} class="land" />}>
              {(country) => (
                // A link of HTML has no place in an SVG.
                <path
                  d={shape.path}
                  class={`land known ${step(country())}`}
                  role="link"
                  tabindex="0"
                  aria-label={label(country())}
                  onClick={() => open(country())}
                  onKeyDown={(event) => event.key === 'Enter' && open(country())}
                >
                  <title>{label(country())}</title>
                </path>
              )}
            </Show>
          )}
        </For>
      </svg>
      <figcaption class="small">
        <ul class="legend" aria-hidden="true">
          <For each={['below 50 %', '50 to 80 %', '80 to 95 %', '95 to 99 %', '99 % and more']}>
            {(text, index) => (
              <li>
                <span class={`swatch step-${index()}`} />
                {text}
              </li>
            )}
          </For>
        </ul>
        <Show when={shapes() && elsewhere().length > 0}>
          <p>
            <span class="soft">Not on the map: </span>
            <For each={elsewhere()}>
              {(country, index) => (
                <>
                  {index() > 0 ? ', ' : ''}
                  <A href={`/countries/${encodeURIComponent(country.name)}`}>{country.name}</A>{' '}
                  <span class="soft">{share(country.summary.supported, country.summary.devices)}</span>
                </>
              )}
            </For>
          </p>
        </Show>
      </figcaption>
    </figure>
  )
}

const LIMITS = [0.5, 0.8, 0.95, 0.99]

/** A country without devices is drawn like one that the inventory does not have. */
function step({ summary }: Country): string {
  if (summary.devices === 0) return ''
  const part = summary.supported / summary.devices
  const at = LIMITS.findIndex((limit) => part < limit)
  return `step-${at === -1 ? LIMITS.length : at}`
}
