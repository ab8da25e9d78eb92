import { useNavigate } from '@solidjs/router'
import { createEffect, createMemo, createSignal, on, Show } from 'solid-js'
import { ask, messageOf } from '../../api/client.ts'
import {
  type BulkLeftFragment,
  DecommissionDevicesDocument,
  type DeviceOrder,
  StartRefreshDocument,
} from '../../api/generated.ts'
import { useMay } from '../../layout/viewer.ts'
import { DEVICE_FILTER } from '../../lib/device-filter.ts'
import { count, plural } from '../../lib/format.ts'
import { useSearch } from '../../lib/search.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { FilterBar } from '../../parts/filter-bar.tsx'
import { Problem } from '../../parts/problem.tsx'
import { ColumnMenu } from './column-menu.tsx'
import { columnsOf, DEFAULT_COLUMNS, isOrderField } from './columns.tsx'
import { ExportMenu } from './export-menu.tsx'
import { createRows } from './rows.ts'
import { SavedViews } from './saved-views.tsx'
import { createSelection } from './selection.ts'
import { DeviceTable } from './table.tsx'
import { LeftDevices, TrustKeys } from './trust-keys.tsx'
import './devices.css'

const DEFAULT_ORDER: DeviceOrder = { field: 'NAME', direction: 'ASC' }

/** `-LAST_PROBED_AT` is descending. */
function parseOrder(text: string | undefined): DeviceOrder {
  if (!text) return DEFAULT_ORDER
  const field = text.replace(/^-/, '').toUpperCase()
  if (!isOrderField(field)) return DEFAULT_ORDER
  return { field, direction: text.startsWith('-') ? 'DESC' : 'ASC' }
}

/** All devices. Filter, order and columns are part of the address, so a link shows the same table. */
export default function Devices() {
  const [search, setSearch] = useSearch<'q' | 'order' | 'columns'>()
  const navigate = useNavigate()
  const may = useMay()
  const text = () => search('q') ?? ''
  /** What is being typed counts already. */
  const [draft, setDraft] = createSignal('')
  const wholeText = createMemo(() => `${text()} ${draft()}`)
  const filter = createMemo(() => DEVICE_FILTER.filter(DEVICE_FILTER.parse(wholeText()).terms))
  const order = createMemo(() => parseOrder(search('order')))
  const columns = createMemo(() => columnsOf(search('columns')?.split(',') ?? DEFAULT_COLUMNS))
  const rows = createRows(filter, order)
  const selection = createSelection()
  /** What is to be confirmed, with the number of devices of that moment, which the dialog goes on to show. */
  const [asks, setAsks] = createSignal<{ what: 'probe' | 'decommission' | 'trust'; size: number } | null>(
    null,
  )
  const [left, setLeft] = createSignal<readonly BulkLeftFragment[]>([])
  const [problem, setProblem] = createSignal<string | null>(null)
  const total = () => rows.total() ?? 0
  const size = () => selection.size(total())

  const allBut = () =>
    selection.exceptions() === 0 ? 'all that match' : `all but ${count(selection.exceptions())}`

  // However the filter changes, also by going back: what was selected is no longer what the table shows.
  createEffect(
    on(
      wholeText,
      () => {
        selection.clear()
        setAsks(null)
      },
      { defer: true },
    ),
  )
  const begin = (what: 'probe' | 'decommission' | 'trust') => setAsks({ what, size: size() })
  const confirmed = () => asks()?.size ?? 0

  const setText = (next: string) => setSearch({ q: next === '' ? undefined : next })
  const show = (work: Promise<void>) => {
    setProblem(null)
    work.catch((failure: unknown) => setProblem(messageOf(failure)))
  }
  /** What is selected, as the API takes it; the filter itself, so that it means all that match. */
  const scope = () =>
    selection.isAll() ? { filter: selection.filter(filter()) } : { deviceIds: selection.ids() }

  const probe = async () => {
    const { startRefresh } = await ask(StartRefreshDocument, { input: { ...scope(), force: true } })
    navigate(`/refreshes/${startRefresh.refresh.id}`)
  }
  const finish = (kept: readonly BulkLeftFragment[]) => {
    setLeft(kept)
    selection.clear()
    rows.again()
  }
  const decommission = async () => {
    const what = selection.isAll() ? { filter: selection.filter(filter()) } : { ids: selection.ids() }
    const variables = { ...what, expected: confirmed(), reason: null }
    const { decommissionDevices } = await ask(DecommissionDevicesDocument, variables)
    finish(decommissionDevices.left)
  }

  return (
    <div class="devices">
      <h1 class="visually-hidden">Devices</h1>
      <div class="row wrap">
        <FilterBar
          language={DEVICE_FILTER}
          label="Filter devices"
          placeholder="Search names, or site:FRA* outcome:timeout…"
          text={text()}
          onText={setText}
          onDraft={setDraft}
        />
        <SavedViews />
        <ColumnMenu
          chosen={columns().map(({ key }) => key)}
          onChange={(keys) => setSearch({ columns: keys.join(',') })}
        />
        <ExportMenu filter={filter()} order={order()} columns={columns()} selection={selection} />
      </div>
      <div class="row wrap devices-bar">
        <Show when={rows.total() !== undefined} fallback={<span class="soft">Counting…</span>}>
          <span>{count(total())} match</span>
        </Show>
        <Show
          when={size() > 0}
          fallback={
            <button
              type="button"
              class="button plain"
              disabled={total() === 0}
              onClick={() => selection.selectAll()}
            >
              Select all {count(total())}
            </button>
          }
        >
          <span class="strong">
            {count(size())} selected{selection.isAll() ? ` (${allBut()})` : ''}
          </span>
          <Show when={may('OPERATOR')}>
            <button type="button" class="button primary" onClick={() => begin('probe')}>
              Probe {count(size())}
            </button>
          </Show>
          <Show when={may('ADMIN')}>
            <button type="button" class="button" onClick={() => begin('trust')}>
              Trust new keys…
            </button>
            <button type="button" class="button danger" onClick={() => begin('decommission')}>
              Decommission {count(size())}…
            </button>
          </Show>
          <button type="button" class="button plain" onClick={() => selection.clear()}>
            Clear selection
          </button>
        </Show>
      </div>
      <Problem error={rows.error()} onRetry={rows.again} />
      <Problem error={problem()} />
      <LeftDevices left={left()} onClose={() => setLeft([])} />
      <Show
        when={rows.total() !== 0}
        fallback={<NothingMatches isFiltered={filter() !== null} onClear={() => setText('')} />}
      >
        <DeviceTable
          rows={rows}
          columns={columns()}
          order={order()}
          onOrder={({ field, direction }) =>
            setSearch({ order: `${direction === 'DESC' ? '-' : ''}${field.toLowerCase()}` })
          }
          selection={selection}
          onBusy={show}
          onProbe={() => {
            if (size() > 0 && may('OPERATOR')) begin('probe')
          }}
        />
      </Show>
      <Confirm
        open={asks()?.what === 'probe'}
        onClose={() => setAsks(null)}
        title={`Probe ${plural(confirmed(), 'device')}?`}
        action={`Probe ${count(confirmed())}`}
        onConfirm={probe}
      >
        <p>They are probed now, also if they were probed a moment ago or are backing off.</p>
      </Confirm>
      <Show when={asks()?.what === 'trust'}>
        <TrustKeys filter={filter()} selection={selection} onClose={() => setAsks(null)} onDone={finish} />
      </Show>
      <Confirm
        open={asks()?.what === 'decommission'}
        onClose={() => setAsks(null)}
        title={`Decommission ${plural(confirmed(), 'device')}?`}
        action={`Decommission ${count(confirmed())}`}
        isDangerous
        onConfirm={decommission}
      >
        <p>They are no longer probed. Their history stays, and each can be onboarded again.</p>
        <p class="soft">Nothing is done if the number has changed by then.</p>
      </Confirm>
    </div>
  )
}

function NothingMatches(props: { isFiltered: boolean; onClear: () => void }) {
  return (
    <div class="stack empty">
      <Show
        when={props.isFiltered}
        fallback={
          <>
            <h2>There are no devices yet</h2>
            <p>
              Name a source of the inventory under <code>sources</code> in <code>rollcall.yaml</code>, then
              start a refresh.
            </p>
          </>
        }
      >
        <h2>No device matches</h2>
        <p>
          Conditions with a key compare upper and lower case exactly. Correct one, remove one, or clear the
          filter.
        </p>
        <button type="button" class="button" onClick={props.onClear}>
          Clear the filter
        </button>
      </Show>
    </div>
  )
}
