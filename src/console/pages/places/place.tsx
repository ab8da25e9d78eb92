import { A, useNavigate, useParams } from '@solidjs/router'
import { createMemo, For, type JSX, Show } from 'solid-js'
import { ask } from '../../api/client.ts'
import {
  CountryPageDocument,
  type CountsFragment,
  type DeviceLineFragment,
  RegionPageDocument,
  SitePageDocument,
  StartRefreshDocument,
  type StartRefreshInput,
} from '../../api/generated.ts'
import { createAnswer } from '../../api/resource.ts'
import { useMay } from '../../layout/viewer.ts'
import { devicesPage, literal, type Term } from '../../lib/filter-text.ts'
import { count, plural, share } from '../../lib/format.ts'
import { useSearch } from '../../lib/search.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { CsvButton } from '../../parts/csv-button.tsx'
import { OutcomeCounts } from '../../parts/outcome-counts.tsx'
import { OutcomeMark } from '../../parts/outcome-mark.tsx'
import { type PlaceLine, PlaceTable } from '../../parts/place-table.tsx'
import { Problem } from '../../parts/problem.tsx'
import { When } from '../../parts/when.tsx'
import './place.css'

type Params = Record<'region' | 'country' | 'site', string | undefined>

/** A region with its countries, a country with its sites, or a site with its devices. */
export default function Place() {
  const params = useParams<Params>()
  return (
    <Show when={params.country} fallback={<Region name={decodeURIComponent(params.region ?? '')} />}>
      {(country) => (
        <Show when={params.site} fallback={<Country name={decodeURIComponent(country())} />}>
          {(site) => <Site country={decodeURIComponent(country())} name={decodeURIComponent(site())} />}
        </Show>
      )}
    </Show>
  )
}

function Region(props: { name: string }) {
  const answer = createAnswer(RegionPageDocument, () => ({ region: props.name }))
  const places = (): PlaceLine[] =>
    answer.data()?.countries.map(({ name, summary }) => ({
      name,
      href: `/countries/${encodeURIComponent(name)}`,
      terms: [{ key: 'country', value: literal(name), isNegated: false }],
      summary,
    })) ?? []
  return (
    <Frame
      name={props.name}
      answer={answer}
      summary={answer.data()?.summary}
      terms={[{ key: 'region', value: literal(props.name), isNegated: false }]}
      scope={{ filter: { site: { country: { region: { eq: props.name } } } } }}
      isUnknown={answer.data()?.countries.length === 0}
    >
      <PlaceTable places={places()} title="Country" titles="Countries" />
    </Frame>
  )
}

function Country(props: { name: string }) {
  const answer = createAnswer(CountryPageDocument, () => ({ country: props.name }))
  const country = () => answer.data()?.country
  const places = (): PlaceLine[] =>
    country()?.sites.map(({ name, summary }) => ({
      name,
      href: `/countries/${encodeURIComponent(props.name)}/sites/${encodeURIComponent(name)}`,
      terms: [
        { key: 'country', value: literal(props.name), isNegated: false },
        { key: 'site', value: literal(name), isNegated: false },
      ],
      summary,
    })) ?? []
  return (
    <Frame
      name={props.name}
      above={
        <Show when={country()?.region}>
          {(region) => <A href={`/regions/${encodeURIComponent(region())}`}>{region()}</A>}
        </Show>
      }
      answer={answer}
      summary={country()?.summary}
      terms={[{ key: 'country', value: literal(props.name), isNegated: false }]}
      scope={{ countryIds: [country()?.id ?? ''] }}
      isUnknown={country() === null}
    >
      <PlaceTable places={places()} title="Site" titles="Sites" />
    </Frame>
  )
}

function Site(props: { country: string; name: string }) {
  const answer = createAnswer(SitePageDocument, () => ({ country: props.country, site: props.name }))
  const site = () => answer.data()?.site
  return (
    <Frame
      name={props.name}
      above={<A href={`/countries/${encodeURIComponent(props.country)}`}>{props.country}</A>}
      answer={answer}
      summary={site()?.summary}
      terms={[
        { key: 'country', value: literal(props.country), isNegated: false },
        { key: 'site', value: literal(props.name), isNegated: false },
      ]}
      scope={{ siteIds: [site()?.id ?? ''] }}
      isUnknown={site() === null}
    >
      <Devices devices={site()?.devices ?? []} />
    </Frame>
  )
}

function Frame(props: {
  name: string
  above?: JSX.Element
  answer: { error: () => string | null; at: () => number; again: () => void }
  summary: CountsFragment | undefined
  /** The terms of the devices of the place, for the table. */
  terms: readonly Term[]
  scope: StartRefreshInput
  isUnknown: boolean
  children: JSX.Element
}) {
  const may = useMay()
  const navigate = useNavigate()
  // The palette links here to probe the place.
  const [search, setSearch] = useSearch<'probe'>()
  const address = (more: readonly Term[] = []) => devicesPage([...props.terms, ...more])
  const sum = createMemo(() => props.summary)
  return (
    <div class="stack">
      <Problem error={props.answer.error()} at={props.answer.at()} onRetry={props.answer.again} />
      <Show
        when={!props.isUnknown}
        fallback={
          <>
            <p>There is no such place: {props.name}.</p>
            <p>
              <A href="/">Show all places</A>
            </p>
          </>
        }
      >
        <div class="row spread wrap">
          <div>
            <p class="soft">{props.above}</p>
            <h1>{props.name}</h1>
          </div>
          <Show when={may('OPERATOR') && (sum()?.devices ?? 0) > 0}>
            <button type="button" class="button primary" onClick={() => setSearch({ probe: '1' })}>
              Probe {count(sum()?.devices ?? 0)}…
            </button>
          </Show>
        </div>
        <Show when={sum()}>
          {(counts) => (
            <>
              <p>
                <A href={address()}>{plural(counts().devices, 'device')}</A>,{' '}
                {share(counts().supported, counts().devices)} supported
              </p>
              <div class="place-counts">
                <OutcomeCounts
                  counts={counts().byOutcome}
                  total={counts().devices}
                  unprobed={counts().unprobed}
                  href={(outcome) =>
                    address([{ key: 'outcome', value: outcome?.toLowerCase() ?? 'none', isNegated: false }])
                  }
                />
              </div>
            </>
          )}
        </Show>
        {props.children}
      </Show>
      <Confirm
        open={search('probe') !== undefined && may('OPERATOR')}
        onClose={() => setSearch({ probe: undefined })}
        isReady={(sum()?.devices ?? 0) > 0}
        title={`Probe the devices of ${props.name}?`}
        action={`Probe ${count(sum()?.devices ?? 0)}`}
        onConfirm={async () => {
          const { startRefresh } = await ask(StartRefreshDocument, { input: { ...props.scope, force: true } })
          navigate(`/refreshes/${startRefresh.refresh.id}`)
        }}
      >
        <p>They are probed now, also if they were probed a moment ago or are backing off.</p>
      </Confirm>
    </div>
  )
}

function Devices(props: { devices: readonly DeviceLineFragment[] }) {
  return (
    <section class="stack" aria-label="Devices">
      <div class="row spread">
        <h2>Devices</h2>
        <CsvButton
          name="devices"
          columns={['name', 'outcome', 'address', 'probed', 'message']}
          lines={() => props.devices}
          cells={({ name, lastProbe, address, port, lastProbedAt }) => [
            name,
            lastProbe?.outcome ?? '',
            `${address}:${port}`,
            lastProbedAt ?? '',
            lastProbe?.message ?? '',
          ]}
        />
      </div>
      <div class="table-scroller">
        <table class="lines">
          <thead>
            <tr>
              <th scope="col">Device</th>
              <th scope="col">Outcome</th>
              <th scope="col">Address</th>
              <th scope="col" class="figures">
                Probed
              </th>
              <th scope="col">Message</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.devices}>
              {(device) => (
                <tr>
                  <td>
                    <A href={`/devices/${device.id}`}>{device.name}</A>
                  </td>
                  <td>
                    <OutcomeMark outcome={device.lastProbe?.outcome} />
                  </td>
                  <td class="mono">{`${device.address}:${device.port}`}</td>
                  <td class="figures">
                    <When at={device.lastProbedAt} />
                  </td>
                  <td class="soft prose">{device.lastProbe?.message ?? ''}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
    </section>
  )
}
