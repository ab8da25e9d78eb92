import { A, useNavigate } from '@solidjs/router'
import { For, Show } from 'solid-js'
import { ask } from '../../api/client.ts'
import { RefreshesDocument, type RefreshRowFragment, StartRefreshDocument } from '../../api/generated.ts'
import { createPages, reloadOn } from '../../api/pages.ts'
import { useStatus } from '../../layout/status.ts'
import { useMay } from '../../layout/viewer.ts'
import { count, duration, share, words } from '../../lib/format.ts'
import { useSearch } from '../../lib/search.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { CsvButton } from '../../parts/csv-button.tsx'
import '../../parts/lines.css'
import { Problem } from '../../parts/problem.tsx'
import { When } from '../../parts/when.tsx'

const PAGE = 50

/** All refreshes, the newest first; starts one over everything. */
export default function Refreshes() {
  const may = useMay()
  const navigate = useNavigate()
  const { changed } = useStatus()
  // The palette links here to start one.
  const [search, setSearch] = useSearch<'start'>()
  const pages = createPages(
    async (after, first) => (await ask(RefreshesDocument, { first, after })).refreshes,
    PAGE,
  )
  reloadOn(changed, pages)

  const start = async () => {
    const { startRefresh } = await ask(StartRefreshDocument, { input: {} })
    navigate(`/refreshes/${startRefresh.refresh.id}`)
  }

  return (
    <div class="stack">
      <div class="row spread">
        <h1>Refreshes</h1>
        <div class="row">
          <CsvButton
            name="refreshes"
            columns={['requested', 'state', 'by', 'devices', 'done', 'supported', 'took ms', 'error']}
            lines={pages.all}
            cells={(refresh) => [
              refresh.createdAt,
              refresh.state,
              refresh.requestedBy ?? words(refresh.trigger),
              String(refresh.progress.total),
              String(refresh.progress.done),
              String(supportedOf(refresh)),
              String(refresh.progress.elapsedMs),
              refresh.error ?? '',
            ]}
          />
          <Show when={may('OPERATOR')}>
            <button type="button" class="button primary" onClick={() => setSearch({ start: '1' })}>
              Start a refresh…
            </button>
          </Show>
        </div>
      </div>
      <Problem error={pages.error()} onRetry={pages.again} />
      <Show
        when={pages.total() !== 0}
        fallback={<p>There was no refresh yet. Start one, or wait for the schedule.</p>}
      >
        <div class="table-scroller">
          <table class="lines">
            <thead>
              <tr>
                <th scope="col">Requested</th>
                <th scope="col">State</th>
                <th scope="col">By</th>
                <th scope="col" class="figures">
                  Devices
                </th>
                <th scope="col" class="figures">
                  Supported
                </th>
                <th scope="col" class="figures">
                  Took
                </th>
                <th scope="col">Error</th>
              </tr>
            </thead>
            <tbody>
              <For each={pages.nodes()}>{(refresh) => <RefreshLine refresh={refresh} />}</For>
            </tbody>
          </table>
        </div>
      </Show>
      <Show when={pages.hasMore()}>
        <button type="button" class="button more" onClick={pages.more}>
          Show older ones
        </button>
      </Show>
      <Confirm
        open={search('start') !== undefined && may('OPERATOR')}
        onClose={() => setSearch({ start: undefined })}
        title="Start a refresh?"
        action="Start"
        onConfirm={start}
      >
        <p>The inventory is fetched first, then every device is probed that was not probed a moment ago.</p>
        <p class="soft">
          For a region, a country, a site or some devices, start it on their page or from the table.
        </p>
      </Confirm>
    </div>
  )
}

function supportedOf({ progress }: RefreshRowFragment): number {
  return progress.byOutcome.find(({ outcome }) => outcome === 'SUPPORTED')?.count ?? 0
}

function RefreshLine(props: { refresh: RefreshRowFragment }) {
  return (
    <tr>
      <td>
        <A href={`/refreshes/${props.refresh.id}`}>
          <When at={props.refresh.createdAt} />
        </A>
      </td>
      <td>{words(props.refresh.state)}</td>
      <td>{props.refresh.requestedBy ?? words(props.refresh.trigger)}</td>
      <td class="figures">
        {count(props.refresh.progress.done)}
        <Show when={props.refresh.progress.done !== props.refresh.progress.total}>
          <span class="soft"> of {count(props.refresh.progress.total)}</span>
        </Show>
      </td>
      <td class="figures">{share(supportedOf(props.refresh), props.refresh.progress.done)}</td>
      <td class="figures">{duration(props.refresh.progress.elapsedMs)}</td>
      <td class="soft prose">{props.refresh.error ?? ''}</td>
    </tr>
  )
}
