import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { createSignal, Show } from 'solid-js'
import { ask, messageOf } from '../../api/client.ts'
import {
  type DeviceFilter,
  type DeviceLineFragment,
  type DeviceOrder,
  DeviceRowsDocument,
} from '../../api/generated.ts'
import { allNodes } from '../../api/pages.ts'
import { csv, save } from '../../lib/csv.ts'
import { count } from '../../lib/format.ts'
import { mainElement } from '../../parts/main-element.ts'
import '../../parts/menu.css'
import type { Column } from './columns.tsx'
import type { Selection } from './selection.ts'

/** Exports the table as CSV or JSON with its filter, order and columns, or only the selected rows. */
export function ExportMenu(props: {
  filter: DeviceFilter | null
  order: DeviceOrder
  columns: readonly Column[]
  selection: Selection
  disabled: boolean
}) {
  const [progress, setProgress] = createSignal<string | null>(null)
  const run = async (form: 'csv' | 'json') => {
    try {
      const { filter, order } = props
      const lines = await allNodes(
        async (after, first) =>
          (await ask(DeviceRowsDocument, { filter, orderBy: order, first, after })).devices,
        (read) => setProgress(`${count(read)} read…`),
      )
      const isPart = props.selection.size(lines.length) > 0
      const chosen = isPart ? lines.filter(({ id }) => props.selection.has(id)) : lines
      const text = form === 'csv' ? csvOf(chosen, props.columns) : json(chosen, props.columns)
      save(text, `devices.${form}`)
      setProgress(null)
    } catch (failure) {
      setProgress(messageOf(failure))
    }
  }
  return (
    <>
      <DropdownMenu modal={false}>
        <DropdownMenu.Trigger class="button" disabled={props.disabled}>
          Export
        </DropdownMenu.Trigger>
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

function csvOf(lines: readonly DeviceLineFragment[], columns: readonly Column[]): string {
  return csv([
    ['name', ...columns.map(({ key }) => key)],
    ...lines.map((line) => [line.name, ...columns.map((column) => column.text(line))]),
  ])
}

function json(lines: readonly DeviceLineFragment[], columns: readonly Column[]): string {
  const objects = lines.map((line) => ({
    name: line.name,
    ...Object.fromEntries(columns.map((column) => [column.key, column.text(line) || null])),
  }))
  return `${JSON.stringify(objects, null, 2)}\n`
}
