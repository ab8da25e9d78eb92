import { useNavigate } from '@solidjs/router'
import { createEffect, createMemo, createSignal, on, Show } from 'solid-js'
import { ask, messageOf } from '../../api/client.ts'
import {
  type BulkLeftFragment,
  DecommissionDevicesDocument,
  DeviceKeysDocument,
  type DeviceOrder,
  StartRefreshDocument,
  type StartRefreshInput,
} from '../../api/generated.ts'
import { useMay } from '../../layout/viewer.ts'
import { DEVICE_FILTER } from '../../lib/device-filter.ts'
import { and } from '../../lib/filter-text.ts'
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

/** Up to this number, all that match are probed by their ids: those that the dialog counted. */
const MOST_LISTED = 1_000

interface Question {
  what: 'probe' | 'decommission' | 'trust'
  /** The number of devices that the dialog names. */
  size: number
  /** The devices to probe. */
  scope?: StartRefreshInput
}

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
  const parsed = createMemo(() => DEVICE_FILTER.parse(wholeText()))
  const filter = createMemo(() => DEVICE_FILTER.filter(parsed().terms))
  /** A filter with a wrong condition matches more than was meant, so nothing is done with what it matches. */
  const isWrong = () => parsed().problems.length > 0
  const order = createMemo(() => parseOrder(search('order')))
  const columns = createMemo(() => columnsOf(search('columns')?.split(',') ?? DEFAULT_COLUMNS))
  const rows = createRows(filter, order)
  const selection = createSelection()
  /** What is to be confirmed. It stays as it was asked, whatever matches meanwhile. */
  const [asks, setAsks] = createSignal<Question | null>(null)
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
  const begin = (what: 'decommission' | 'trust') => setAsks({ what, size: size() })
  const confirmed = () => asks()?.size ?? 0

  const setText = (next: string) => setSearch({ q: next === '' ? undefined : next })
  const show = (work: Promise<void>) => {
    setProblem(null)
    work.catch((failure: unknown) => setProblem(messageOf(failure)))
  }
  /** What is selected, as the API takes it; the filter itself, so that it means all that match. */
  const scope = () =>
    selection.isAll() ? { filter: selection.filter(filter()) } : { deviceIds: selection.ids() }

  const beginProbe = async () => {
    if (!selection.isAll() || size() > MOST_LISTED) {
      setAsks({ what: 'probe', size: size(), scope: scope() })
      return
    }
    const asked = wholeText()
    const { devices } = await ask(DeviceKeysDocument, {
      filter: and(selection.filter(filter()), { lifecycle: 'ACTIVE' }),
      orderBy: order(),
      first: MOST_LISTED,
      after: null,
    })
    const deviceIds = devices.nodes.map(({ id }) => id)
    if (asked === wholeText()) setAsks({ what: 'probe', size: deviceIds.length, scope: { deviceIds } })
  }
  const probe = async () => {
    const { startRefresh } = await ask(StartRefreshDocument, { input: { ...asks()?.scope, force: true } })
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
          placeholder="Search names, or site:Fra* outcome:timeout…"
          text={text()}
          onText={setText}
          onDraft={setDraft}
        />
        <SavedViews />
        <ColumnMenu
          chosen={columns().map(({ key }) => key)}
          onChange={(keys) => setSearch({ columns: keys.join(',') })}
        />
        <ExportMenu
          filter={filter()}
          order={order()}
          columns={columns()}
          selection={selection}
          disabled={isWrong()}
        />
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
              disabled={total() === 0 || isWrong()}
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
            <button
              type="button"
              class="button primary"
              disabled={isWrong()}
              onClick={() => show(beginProbe())}
            >
              Probe {count(size())}
            </button>
          </Show>
          <Show when={may('ADMIN')}>
            <button type="button" class="button" disabled={isWrong()} onClick={() => begin('trust')}>
              Trust new keys…
            </button>
            <button
              type="button"
              class="button danger"
              disabled={isWrong()}
              onClick={() => begin('decommission')}
            >
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
            if (size() > 0 && !isWrong() && may('OPERATOR')) show(beginProbe())
          }}
        />
      </Show>
      <Confirm
        open={asks()?.what === 'probe'}
        onClose={() => setAsks(null)}
        title={`Probe ${plural(confirmed(), 'device')}?`}
        action={`Probe ${count(confirmed())}`}
        isReady={confirmed() > 0}
        onConfirm={probe}
      >
        <p>They are probed now, also if they were probed a moment ago or are backing off.</p>
        <Show when={asks()?.scope?.filter}>
          <p>All devices that match when you confirm are probed, even if that is another number.</p>
        </Show>
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
