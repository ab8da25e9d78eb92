import { createEffect, createMemo, createSignal, lazy, on, Show, Suspense } from 'solid-js'
import { OverviewDocument } from '../../api/generated.ts'
import { createAnswer } from '../../api/resource.ts'
import { useStatus } from '../../layout/status.ts'
import { coverageOf } from '../../lib/coverage.ts'
import { OutcomeCounts } from '../../parts/outcome-counts.tsx'
import { PlaceTable } from '../../parts/place-table.tsx'
import { Problem } from '../../parts/problem.tsx'
import { NeedsYou } from './needs-you.tsx'
import './overview.css'

// The chart and the map come after the figures.
const Coverage = lazy(() => import('./coverage-chart.tsx'))
const WorldMap = lazy(() => import('./world-map.tsx'))

/** The overview: the state of the network, what changed, and what needs a decision. */
export default function Overview() {
  const status = useStatus()
  const answer = createAnswer(OverviewDocument, () => ({}))
  // Loads the page again after each completed refresh. The counts are those of the status line.
  createEffect(
    on(() => status.answer.data()?.gateway.lastCompletedRefresh?.id, answer.again, { defer: true }),
  )
  const summary = () => status.answer.data()?.summary
  const points = createMemo(() => coverageOf(answer.data()?.refreshes.nodes ?? []))
  const [isMap, setIsMap] = createSignal(true)
  return (
    <div class="overview">
      <h1 class="visually-hidden">Overview</h1>
      <Problem error={answer.error()} at={answer.at()} onRetry={answer.again} />
      <div class="overview-left">
        <Show when={answer.data()}>{(data) => <NeedsYou data={data()} />}</Show>
        <section class="stack" aria-label="By outcome">
          <h2>By outcome</h2>
          <Show when={summary()}>
            {(counts) => (
              <OutcomeCounts
                counts={counts().byOutcome}
                total={counts().devices}
                unprobed={counts().unprobed}
                before={points().at(-2)?.byOutcome}
                href={(outcome) => `/devices?q=outcome:${outcome?.toLowerCase() ?? ''}`}
              />
            )}
          </Show>
        </section>
      </div>
      <div class="overview-right">
        <section class="stack" aria-label="Coverage over time">
          <h2>
            Coverage <span class="soft small">devices supported at the end of each refresh</span>
          </h2>
          <div class="chart-place">
            <Show
              when={points().length > 1}
              fallback={<p class="soft">The chart begins with the second refresh.</p>}
            >
              <Suspense>
                <Coverage points={points()} />
              </Suspense>
            </Show>
          </div>
        </section>
        <section class="stack" aria-label="Countries">
          <div class="row spread">
            <h2>Countries</h2>
            <fieldset class="switch">
              <legend class="visually-hidden">Show countries as</legend>
              <button
                type="button"
                class="button plain"
                aria-pressed={isMap()}
                onClick={() => setIsMap(true)}
              >
                Map
              </button>
              <button
                type="button"
                class="button plain"
                aria-pressed={!isMap()}
                onClick={() => setIsMap(false)}
              >
                List
              </button>
            </fieldset>
          </div>
          <Show when={answer.data()}>
            {(data) => (
              <Show when={isMap()} fallback={<Countries countries={data().countries} />}>
                <div class="map-place">
                  <Suspense>
                    <WorldMap countries={data().countries} />
                  </Suspense>
                </div>
              </Show>
            )}
          </Show>
        </section>
      </div>
    </div>
  )
}

function Countries(props: { countries: Parameters<typeof WorldMap>[0]['countries'] }) {
  const places = () =>
    props.countries.map((country) => ({
      name: country.name,
      href: `/countries/${encodeURIComponent(country.name)}`,
      group: country.region,
      groupHref: country.region ? `/regions/${encodeURIComponent(country.region)}` : null,
      summary: country.summary,
    }))
  return <PlaceTable places={places()} title="Country" groupTitle="Region" />
}
