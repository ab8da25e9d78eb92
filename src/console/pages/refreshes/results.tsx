import { A } from '@solidjs/router'
import { createMemo, For, onCleanup, Show } from 'solid-js'
import { ask } from '../../api/client.ts'
import { RefreshResultsDocument, type ResultLineFragment } from '../../api/generated.ts'
import { createPages } from '../../api/pages.ts'
import { duration, plural, words } from '../../lib/format.ts'
import { knownOutcome } from '../../lib/outcomes.ts'
import { useSearch } from '../../lib/search.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { OutcomeMark } from '../../parts/outcome-mark.tsx'
import { Problem } from '../../parts/problem.tsx'

/** The number of results that are loaded at a time. */
const PAGE = 100

/** The results of a refresh from its first; by outcome, if the address names one. */
export function Results(props: {
  id: string
  /** How many there are so far; null if the refresh has ended. */
  done: number | null
}) {
  const [search] = useSearch<'outcome'>()
  const outcome = createMemo(() => {
    const known = knownOutcome(search('outcome') ?? '')
    return known && [known]
  })
  const unknown = () => (outcome() === null ? search('outcome') : undefined)
  const pages = createPages(async (after, first) => {
    const { refresh } = await ask(RefreshResultsDocument, { id: props.id, outcome: outcome(), first, after })
    return refresh?.probes ?? null
  }, PAGE)
  // While it runs, more may have come for the page that is shown.
  const timer = setInterval(() => {
    if (props.done !== null && !pages.hasMore()) pages.again()
  }, 2_000)
  onCleanup(() => clearInterval(timer))
  return (
    <section class="stack" aria-label="Results">
      <div class="row spread">
        <h2>
          {plural(pages.total() ?? 0, 'result')}
          <Show when={outcome()}>
            {(chosen) => (
              <span class="soft">
                {' '}
                with {words(chosen()[0] ?? '')} · <A href={`/refreshes/${props.id}`}>show all</A>
              </span>
            )}
          </Show>
        </h2>
        <CsvButton
          name="results"
          columns={[
            'device',
            'site',
            'country',
            'outcome',
            'phase',
            'took ms',
            'started',
            'attempt',
            'message',
          ]}
          lines={pages.all}
          cells={({ device, outcome, phase, durationMs, startedAt, attempt, message }) => [
            device.name,
            device.site.name,
            device.country.name,
            outcome,
            phase,
            String(durationMs),
            startedAt ?? '',
            String(attempt),
            message ?? '',
          ]}
        />
      </div>
      <Show when={unknown()}>
        {(text) => (
          <p role="status">There is no outcome “{text().slice(0, 100)}”, so all results are shown.</p>
        )}
      </Show>
      <Problem error={pages.error()} />
      <ResultTable results={pages.nodes()} />
      <Show when={pages.hasMore()}>
        <button type="button" class="button more" onClick={pages.more}>
          Show more
        </button>
      </Show>
    </section>
  )
}

export function ResultTable(props: { results: readonly ResultLineFragment[] }) {
  return (
    <div class="table-scroller">
      <table class="lines">
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">Site</th>
            <th scope="col">Outcome</th>
            <th scope="col">Phase</th>
            <th scope="col" class="figures">
              Took
            </th>
            <th scope="col">Message</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.results}>
            {(result) => (
              <tr>
                <td>
                  <A href={`/devices/${result.device.id}`}>{result.device.name}</A>
                </td>
                <td>{result.device.site.name}</td>
                <td>
                  <OutcomeMark outcome={result.outcome} />
                </td>
                <td>{words(result.phase)}</td>
                <td class="figures">{duration(result.durationMs)}</td>
                <td class="prose">{result.message ?? ''}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}
