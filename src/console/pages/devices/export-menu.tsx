import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { createSignal, Show } from 'solid-js'
import { ask, messageOf } from '../../api/client.ts'
import {
  type DeviceFilter,
  type DeviceLineFragment,
  type DeviceOrder,
  DeviceRowsDocument,
} from '../../api/generated.ts'
import { count } from '../../lib/format.ts'
import { mainElement } from '../../parts/main-element.ts'
import '../../parts/menu.css'
import type { Column } from './columns.tsx'
import type { Selection } from './selection.ts'

const PAGE = 1_000

/** Exports the table as CSV or JSON with its filter, order and columns, or only the selected rows. */
export function ExportMenu(props: {
  filter: DeviceFilter | null
  order: DeviceOrder
  columns: readonly Column[]
  selection: Selection
}) {
  const [progress, setProgress] = createSignal<string | null>(null)
  const run = async (form: 'csv' | 'json') => {
    try {
      const lines = await fetchLines(props.filter, props.order, (done) => setProgress(`${count(done)} read…`))
      const isPart = !props.selection.isAll() && props.selection.size(0) > 0
      const chosen = isPart ? lines.filter(({ id }) => props.selection.has(id)) : lines
      save(form === 'csv' ? csv(chosen, props.columns) : json(chosen, props.columns), form)
      setProgress(null)
    } catch (failure) {
      setProgress(messageOf(failure))
    }
  }
  return (
    <>
      <DropdownMenu modal={false}>
        <DropdownMenu.Trigger class="button">Export</DropdownMenu.Trigger>
        <DropdownMenu.Portal mount={mainElement()}>
          <DropdownMenu.Content class="menu">
            <DropdownMenu.Item class="menu-item" onSelect={() => void run('csv')}>
              CSV
            </DropdownMenu.Item>
            <DropdownMenu.Item class="menu-item" onSelect={() => void run('json')}>
              JSON
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu>
      <Show when={progress()}>
        <span class="soft small" role="status">
          {progress()}
        </span>
      </Show>
    </>
  )
}

async function fetchLines(
  filter: DeviceFilter | null,
  orderBy: DeviceOrder,
  onProgress: (done: number) => void,
): Promise<DeviceLineFragment[]> {
  const lines: DeviceLineFragment[] = []
  let after: string | null = null
  for (;;) {
    const { devices }: { devices: { nodes: DeviceLineFragment[]; pageInfo: { endCursor: string | null } } } =
      await ask(DeviceRowsDocument, { filter, orderBy, first: PAGE, after })
    lines.push(...devices.nodes)
    onProgress(lines.length)
    if (devices.nodes.length < PAGE) return lines
    after = devices.pageInfo.endCursor
  }
}

/** Spreadsheets run cells that begin with these characters as formulas. */
const FORMULA = /^[=+\-@\t\r]/

function csv(lines: readonly DeviceLineFragment[], columns: readonly Column[]): string {
  const cell = (value: string) => {
    const safe = FORMULA.test(value) ? `'${value}` : value
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const rows = [
    ['name', ...columns.map(({ key }) => key)],
    ...lines.map((line) => [line.name, ...columns.map((column) => column.text(line))]),
  ]
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

function json(lines: readonly DeviceLineFragment[], columns: readonly Column[]): string {
  const objects = lines.map((line) => ({
    name: line.name,
    ...Object.fromEntries(columns.map((column) => [column.key, column.text(line) || null])),
  }))
  return `${JSON.stringify(objects, null, 2)}\n`
}

function save(text: string, form: 'csv' | 'json'): void {
  const type = form === 'csv' ? 'text/csv;charset=utf-8' : 'application/json'
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = `devices.${form}`
  link.click()
  URL.revokeObjectURL(url)
}
