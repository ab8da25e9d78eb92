import { type Accessor, batch, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { ask, messageOf } from '../../api/client.ts'
import {
  DeviceCountDocument,
  type DeviceFilter,
  DeviceKeysDocument,
  type DeviceLineFragment,
  DeviceLinesDocument,
  type DeviceOrder,
  DevicePositionDocument,
  DeviceRowsDocument,
} from '../../api/generated.ts'
import { follow } from '../../api/live.ts'

/** The rows of one request. */
const PAGE = 200

/** How many rows one request without rows walks over. */
const STRIDE = 1_000

/** Pages further than this from what is seen are forgotten, and asked for again when they are needed. */
const KEPT_PAGES = 12

/** How long a device counts as changed; the mark of its row has faded by then. */
const CHANGED_MS = 1_200

export interface Rows {
  /** The number of devices that match; undefined until it is known. */
  total: Accessor<number | undefined>
  /** The device at a position; undefined while it is loading. */
  at: (position: number) => DeviceLineFragment | undefined
  /** A number, another one each time, for a device that has just changed; null for the others. */
  change: (id: string) => number | null
  /** Loads what is needed to show these positions, the last one included. */
  show: (first: number, last: number) => void
  /** The ids at these positions, the last one included, whether they were shown or not. */
  idsBetween: (first: number, last: number) => Promise<string[]>
  error: Accessor<string | null>
  again: () => void
}

/**
 * The devices that match, by position, over the cursors of the API. What is far away is reached by walking
 * the cursors without the rows between. Rows change in place as results arrive.
 */
export function createRows(filter: Accessor<DeviceFilter | null>, order: Accessor<DeviceOrder>): Rows {
  const [total, setTotal] = createSignal<number>()
  const [error, setError] = createSignal<string | null>(null)
  const [version, setVersion] = createSignal(0)
  let pages = new Map<number, DeviceLineFragment[]>()
  /** The cursor before a page; that before the first is null. */
  let cursors = new Map<number, string | null>([[0, null]])
  let wanted = { first: 0, last: 0 }
  let turn = 0
  let isBusy = false
  const [changed, setChanged] = createSignal({ ids: new Set<string>(), turn: 0 })
  let fading: ReturnType<typeof setTimeout> | undefined

  const load = async () => {
    if (isBusy) return
    isBusy = true
    const mine = turn
    try {
      for (let page = missing(); page !== null && mine === turn; page = missing()) {
        await step(page, mine)
      }
    } catch (failure) {
      if (mine === turn) setError(messageOf(failure))
    } finally {
      isBusy = false
      if (mine !== turn) void load()
    }
  }

  /** The first page that is needed and not loaded, or the one after them; null if there is none. */
  function missing(): number | null {
    const last = Math.floor(wanted.last / PAGE)
    // Somebody who scrolls will need the next one soon.
    const ahead = (last + 1) * PAGE < (total() ?? 0) ? last + 1 : last
    for (let page = Math.floor(wanted.first / PAGE); page <= ahead; page++) if (!pages.has(page)) return page
    return null
  }

  /** Loads the page, or goes nearer to it. */
  async function step(page: number, mine: number): Promise<void> {
    const near = nearestCursor(page)
    const variables = { filter: filter(), orderBy: order(), after: cursors.get(near) ?? null }
    if (near < page) {
      const strides = Math.min(page - near, STRIDE / PAGE)
      const { devices } = await ask(DevicePositionDocument, { ...variables, first: strides * PAGE })
      if (mine !== turn) return
      // Fewer rows than before: some devices no longer match.
      if (devices.pageInfo.endCursor === null) pages.set(page, [])
      else cursors.set(near + strides, devices.pageInfo.endCursor)
    } else {
      const { devices } = await ask(DeviceRowsDocument, { ...variables, first: PAGE })
      if (mine !== turn) return
      pages.set(page, devices.nodes)
      if (devices.pageInfo.endCursor !== null) cursors.set(page + 1, devices.pageInfo.endCursor)
    }
    setError(null)
    forgetFarPages()
    setVersion((value) => value + 1)
  }

  /** The last page up to this one of which the cursor is known. */
  function nearestCursor(page: number): number {
    let near = page
    while (!cursors.has(near)) near -= 1
    return near
  }

  async function idsBetween(first: number, last: number): Promise<string[]> {
    const ids: string[] = []
    const page = Math.floor(first / PAGE)
    const variables = { filter: filter(), orderBy: order() }
    let position = nearestCursor(page) * PAGE
    let after = cursors.get(position / PAGE) ?? null
    while (position <= last) {
      const size = Math.min(STRIDE, last + 1 - position)
      const { devices } = await ask(DeviceKeysDocument, { ...variables, first: size, after })
      for (const [index, { id }] of devices.nodes.entries()) if (position + index >= first) ids.push(id)
      position += size
      after = devices.pageInfo.endCursor
      if (after === null) break
    }
    return ids
  }

  function forgetFarPages(): void {
    const middle = (wanted.first + wanted.last) / 2 / PAGE
    for (const page of pages.keys()) if (Math.abs(page - middle) > KEPT_PAGES) pages.delete(page)
  }

  async function count(): Promise<void> {
    const mine = turn
    try {
      const { devices } = await ask(DeviceCountDocument, { filter: filter() })
      if (mine === turn) setTotal(devices.totalCount)
    } catch (failure) {
      if (mine === turn) setError(messageOf(failure))
    }
  }

  const again = () => {
    turn += 1
    // The visible rows stay until their replacements are loaded.
    pages = new Map()
    cursors = new Map([[0, null]])
    void count()
    void load()
  }
  createEffect(on([filter, order], again))

  follow(
    DeviceLinesDocument,
    () => ({}),
    ({ deviceChanges }) => {
      const changes = new Map(deviceChanges.map((line) => [line.id, line]))
      batch(() => {
        for (const [page, lines] of pages) {
          if (lines.some(({ id }) => changes.has(id))) {
            pages.set(
              page,
              lines.map((line) => changes.get(line.id) ?? line),
            )
          }
        }
        setVersion((value) => value + 1)
        setChanged(({ turn }) => ({ ids: new Set(changes.keys()), turn: turn + 1 }))
      })
      clearTimeout(fading)
      fading = setTimeout(() => setChanged(({ turn }) => ({ ids: new Set(), turn })), CHANGED_MS)
    },
    // What changed while the connection was cut did not arrive.
    { onBack: again },
  )
  const timer = setInterval(() => void count(), 15_000)
  onCleanup(() => {
    turn += 1
    clearInterval(timer)
    clearTimeout(fading)
  })

  return {
    total,
    at(position) {
      version()
      return pages.get(Math.floor(position / PAGE))?.[position % PAGE]
    },
    change: (id) => (changed().ids.has(id) ? changed().turn : null),
    show(first, last) {
      wanted = { first, last: Math.max(first, last) }
      void load()
    },
    idsBetween,
    error,
    again,
  }
}
