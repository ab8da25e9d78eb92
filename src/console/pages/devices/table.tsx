import { useNavigate } from '@solidjs/router'
import { createVirtualizer } from '@tanstack/solid-virtual'
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from 'solid-js'
import type { DeviceOrder, DeviceOrderField } from '../../api/generated.ts'
import { count } from '../../lib/format.ts'
import type { Column } from './columns.tsx'
import type { Rows } from './rows.ts'
import type { Selection } from './selection.ts'
import './table.css'

const NAME: Pick<Column, 'title' | 'order'> = { title: 'Name', order: 'NAME' }

/** The height of a row in pixels, as the style sheet has it. */
function rowHeight(): number {
  return Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue('--row'), 10) || 28
}

/**
 * All devices that match. Only the visible rows are rendered. `j` and `k` move, `x` selects, Shift-`x`
 * selects a range, Enter opens, `p` probes.
 */
export function DeviceTable(props: {
  rows: Rows
  columns: Column[]
  order: DeviceOrder
  onOrder: (order: DeviceOrder) => void
  selection: Selection
  onProbe: () => void
  /** Is given what takes a while, to show why if it fails. */
  onBusy: (work: Promise<void>) => void
}) {
  const navigate = useNavigate()
  const [cursor, setCursor] = createSignal(0)
  let lastSelected = 0
  let scroller!: HTMLDivElement
  const [height, setHeight] = createSignal(rowHeight())
  const virtual = createVirtualizer({
    get count() {
      return props.rows.total() ?? 0
    },
    getScrollElement: () => scroller,
    estimateSize: height,
    overscan: 12,
  })
  const shown = createMemo(() => virtual.getVirtualItems().map(({ index }) => index))
  createEffect(() => {
    const [first, last] = [shown()[0], shown().at(-1)]
    if (first !== undefined && last !== undefined) props.rows.show(first, last)
  })
  createEffect(on(height, () => virtual.measure(), { defer: true }))
  createEffect(
    on(
      () => props.rows.total(),
      () => setCursor((position) => Math.min(position, Math.max(0, (props.rows.total() ?? 1) - 1))),
    ),
  )

  const select = (position: number, isRange: boolean) => {
    if (isRange) {
      const [from, to] = [Math.min(lastSelected, position), Math.max(lastSelected, position)]
      // Rows between that nobody scrolled to count as well.
      props.onBusy(props.rows.idsBetween(from, to).then(props.selection.add))
    } else {
      const line = props.rows.at(position)
      if (line) props.selection.toggle(line.id)
    }
    lastSelected = position
  }

  const move = (by: number) => {
    const next = Math.max(0, Math.min((props.rows.total() ?? 1) - 1, cursor() + by))
    setCursor(next)
    virtual.scrollToIndex(next)
  }

  onMount(() => {
    // On a narrow window rows are as high as a finger needs them.
    const onResize = () => setHeight(rowHeight())
    window.addEventListener('resize', onResize)
    onCleanup(() => window.removeEventListener('resize', onResize))
    const onKey = (event: KeyboardEvent) => {
      const { target } = event
      if (
        target instanceof HTMLElement &&
        target.closest('input, textarea, select, [role=dialog], [role=menu]')
      )
        return
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const keys: Record<string, () => void> = {
        j: () => move(1),
        k: () => move(-1),
        x: () => select(cursor(), false),
        X: () => select(cursor(), true),
        p: props.onProbe,
        Enter: () => {
          const line = props.rows.at(cursor())
          // On a link or a button, Enter activates it.
          if (line && !(target instanceof HTMLElement && target.closest('a, button')))
            navigate(`/devices/${line.id}`)
        },
      }
      const act = keys[event.key]
      if (!act) return
      if (event.key !== 'Enter') event.preventDefault()
      act()
    }
    document.addEventListener('keydown', onKey)
    onCleanup(() => document.removeEventListener('keydown', onKey))
  })

  const columnSizes = () => `var(--row) minmax(150px, 1.2fr) ${props.columns.map(columnSize).join(' ')}`
  return (
    <div class="device-table" style={{ '--columns': columnSizes() }}>
      <div
        class="device-scroller"
        ref={scroller}
        tabindex="0"
        role="table"
        aria-label="Devices"
        aria-rowcount={(props.rows.total() ?? 0) + 1}
      >
        <div class="device-row device-head" role="row" aria-rowindex="1">
          <span role="columnheader">
            <span class="visually-hidden">Selected</span>
          </span>
          <HeaderCell column={NAME} order={props.order} onOrder={props.onOrder} />
          <For each={props.columns}>
            {(column) => <HeaderCell column={column} order={props.order} onOrder={props.onOrder} />}
          </For>
        </div>
        <div class="device-rows" role="rowgroup" style={{ height: `${virtual.getTotalSize()}px` }}>
          {/* By their positions, so that a row that stays in view stays as it is. */}
          <For each={shown()}>
            {(position) => (
              <Row
                position={position}
                top={position * height()}
                rows={props.rows}
                columns={props.columns}
                selection={props.selection}
                isCursor={cursor() === position}
                onCursor={() => setCursor(position)}
                onSelect={(isRange) => select(position, isRange)}
              />
            )}
          </For>
        </div>
      </div>
      <p class="visually-hidden" role="status">
        {count(props.rows.total() ?? 0)} devices match
      </p>
    </div>
  )
}

function Row(props: {
  position: number
  top: number
  rows: Rows
  columns: Column[]
  selection: Selection
  isCursor: boolean
  onCursor: () => void
  onSelect: (isRange: boolean) => void
}) {
  const line = createMemo(() => props.rows.at(props.position))
  return (
    <div
      class="device-row"
      role="row"
      aria-rowindex={props.position + 2}
      classList={{ chosen: props.selection.has(line()?.id ?? ''), cursor: props.isCursor }}
      style={{ top: `${props.top}px` }}
      onClick={() => props.onCursor()}
    >
      <Show
        when={line()}
        fallback={
          <span class="soft" role="cell">
            …
          </span>
        }
      >
        {(known) => (
          <>
            <span role="cell">
              <Show when={props.rows.change(known().id)} keyed>
                <span class="changed" aria-hidden="true" />
              </Show>
              {/* A finger needs more than the box. */}
              <label class="select">
                <input
                  type="checkbox"
                  aria-label={`Select ${known().name}`}
                  checked={props.selection.has(known().id)}
                  onClick={(event) => {
                    event.preventDefault()
                    props.onSelect(event.shiftKey)
                  }}
                />
              </label>
            </span>
            <span role="cell" class="cell">
              <a href={`/devices/${known().id}`}>{known().name}</a>
            </span>
            <For each={props.columns}>
              {(column) => (
                <span role="cell" class="cell" classList={{ figures: column.isFigure ?? false }}>
                  {column.cell(known())}
                </span>
              )}
            </For>
          </>
        )}
      </Show>
    </div>
  )
}

function columnSize({ width }: Column): string {
  return `minmax(${Math.round(width * 0.7)}px, ${width}fr)`
}

function HeaderCell(props: {
  column: Pick<Column, 'title' | 'order' | 'isFigure'>
  order: DeviceOrder
  onOrder: (order: DeviceOrder) => void
}) {
  const isSorted = () => props.column.order !== undefined && props.order.field === props.column.order
  const isDescending = () => isSorted() && props.order.direction === 'DESC'
  const sort = (field: DeviceOrderField) =>
    props.onOrder({ field, direction: isSorted() && !isDescending() ? 'DESC' : 'ASC' })
  return (
    <span
      role="columnheader"
      class="cell"
      classList={{ figures: props.column.isFigure ?? false }}
      aria-sort={isSorted() ? (isDescending() ? 'descending' : 'ascending') : undefined}
    >
      <Show when={props.column.order} fallback={props.column.title}>
        {(field) => (
          <button type="button" class="sort" onClick={() => sort(field())}>
            {props.column.title}
            <span aria-hidden="true">{isSorted() ? (isDescending() ? ' ↓' : ' ↑') : ''}</span>
          </button>
        )}
      </Show>
    </span>
  )
}
