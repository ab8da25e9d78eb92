import { createEffect, createMemo, on, Show, Suspense } from 'solid-js'
import { OverviewDocument } from '../../api/generated.ts'
import { createAnswer } from '../../api/resource.ts'
import { useStatus } from '../../layout/status.ts'
import { coverageOf } from '../../lib/coverage.ts'
import { literal } from '../../lib/filter-text.ts'
import { instant, timeOfDay } from '../../lib/format.ts'
import { lazyLater } from '../../lib/load-later.ts'
import { OutcomeCounts } from '../../parts/outcome-counts.tsx'
import { PlaceTable } from '../../parts/place-table.tsx'
import { Problem } from '../../parts/problem.tsx'
import { NeedsYou } from './needs-you.tsx'
import './overview.css'

// The chart and the map come after the figures.
const Coverage = lazyLater(() => import('./coverage-chart.tsx'))
const WorldMap = lazyLater(() => import('./world-map.tsx'))

/** The overview: the state of the network, what changed, and what needs a decision. */
export default function Overview() {
  const status = useStatus()
  const answer = createAnswer(OverviewDocument, () => ({}))
  // A change of a refresh or of a count may have changed the rest as well. It is asked for now and then.
  createEffect(on(status.changed, answer.again, { defer: true }))
  const summary = () => status.answer.data()?.summary
  const points = createMemo(() => coverageOf(answer.data()?.refreshes.nodes ?? []))
  return (
    <div class="overview">
      <h1 class="visually-hidden">Overview</h1>
      <Problem error={answer.error()} at={answer.at()} onRetry={answer.again} />
      <div class="overview-row">
        <div class="overview-left">
          <section class="stack needs-place" aria-label="Needs you">
            <h2>Needs you</h2>
            <Show when={answer.data()}>{(data) => <NeedsYou data={data()} onChanged={answer.again} />}</Show>
          </section>
          <section class="stack" aria-label="By outcome">
            <div class="row spread">
              <h2>By outcome</h2>
              <Show when={status.baseline()?.finishedAt}>
                {(at) => (
                  <span class="soft small" title={instant(at())}>
                    change since {timeOfDay(at())}
                  </span>
                )}
              </Show>
            </div>
            <Show when={summary()}>
              {(counts) => (
                <OutcomeCounts
                  counts={counts().byOutcome}
                  total={counts().devices}
                  unprobed={counts().unprobed}
                  before={status.baseline()?.summary?.byOutcome ?? null}
                  href={(outcome) => `/devices?q=outcome:${outcome?.toLowerCase() ?? 'none'}`}
                />
              )}
            </Show>
          </section>
        </div>
        <div class="overview-right">
          <section class="stack" aria-label="Coverage over time">
            <h2>
              Coverage <span class="soft small">share of supported devices at the end of each refresh</span>
            </h2>
            <div class="chart-place">
              <Show
                when={points().length > 1}
                fallback={
                  <Show when={answer.data()}>
                    <p class="soft">The chart begins with the second refresh over everything.</p>
                  </Show>
                }
              >
                <Suspense>
                  <Coverage points={points()} />
                </Suspense>
              </Show>
            </div>
          </section>
          <section class="stack map-place" aria-label="Map">
            <h2>
              Map <span class="soft small">countries by their share of supported devices</span>
            </h2>
            <Show when={answer.data()}>
              {(data) => (
                <Suspense>
                  <WorldMap countries={data().countries} />
                </Suspense>
              )}
            </Show>
          </section>
        </div>
      </div>
      <Show when={answer.data()}>{(data) => <Countries countries={data().countries} />}</Show>
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
      terms: [{ key: 'country', value: literal(country.name), isNegated: false }],
      summary: country.summary,
    }))
  return <PlaceTable places={places()} title="Country" titles="Countries" groupTitle="Region" />
}
