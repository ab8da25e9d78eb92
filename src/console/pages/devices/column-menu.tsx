import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { For } from 'solid-js'
import { mainElement } from '../../parts/main-element.ts'
import '../../parts/menu.css'
import { COLUMNS } from './columns.tsx'

/** Chooses the columns of the table. */
export function ColumnMenu(props: { chosen: readonly string[]; onChange: (keys: string[]) => void }) {
  const toggle = (key: string, isOn: boolean) =>
    props.onChange(
      COLUMNS.map((column) => column.key).filter((other) =>
        other === key ? isOn : props.chosen.includes(other),
      ),
    )
  return (
    <DropdownMenu modal={false}>
      <DropdownMenu.Trigger class="button">Columns</DropdownMenu.Trigger>
      <DropdownMenu.Portal mount={mainElement()}>
        <DropdownMenu.Content class="menu">
          <For each={COLUMNS}>
            {(column) => (
              <DropdownMenu.CheckboxItem
                class="menu-item"
                closeOnSelect={false}
                checked={props.chosen.includes(column.key)}
                onChange={(isOn) => toggle(column.key, isOn)}
              >
                <span class="menu-check">
                  <DropdownMenu.ItemIndicator>✓</DropdownMenu.ItemIndicator>
                </span>
                {column.title}
              </DropdownMenu.CheckboxItem>
            )}
          </For>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  )
}
