import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { useLocation, useNavigate } from '@solidjs/router'
import { createSignal, For, Show } from 'solid-js'
import { Confirm } from '../../parts/confirm.tsx'
import { mainElement } from '../../parts/main-element.ts'
import '../../parts/menu.css'

const STORED = 'rollcall.views'

interface View {
  name: string
  /** The part of the address after the question mark. */
  search: string
}

function load(): View[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? '[]')
    return Array.isArray(stored) ? stored.filter(isView) : []
  } catch {
    // Another page of this host has stored something else under the key.
    return []
  }
}

function isView(value: unknown): value is View {
  const { name, search } = (value ?? {}) as Partial<View>
  return typeof name === 'string' && typeof search === 'string'
}

const [views, setViews] = createSignal(load())

function keep(next: View[]): void {
  setViews(next)
  localStorage.setItem(STORED, JSON.stringify(next))
}

/** Named filters, orders and columns, stored in this browser. */
export function SavedViews() {
  const navigate = useNavigate()
  const location = useLocation()
  const [isNaming, setIsNaming] = createSignal(false)
  const [name, setName] = createSignal('')
  const current = () => location.search.replace(/^\?/, '')
  return (
    <>
      <DropdownMenu modal={false}>
        <DropdownMenu.Trigger class="button">Views</DropdownMenu.Trigger>
        <DropdownMenu.Portal mount={mainElement()}>
          <DropdownMenu.Content class="menu">
            <For each={views()} fallback={<p class="menu-item soft">No saved views yet</p>}>
              {(view) => (
                <DropdownMenu.Item class="menu-item" onSelect={() => navigate(`/devices?${view.search}`)}>
                  {view.name}
                </DropdownMenu.Item>
              )}
            </For>
            <DropdownMenu.Separator />
            <DropdownMenu.Item
              class="menu-item"
              disabled={current() === ''}
              onSelect={() => setIsNaming(true)}
            >
              Save this view…
            </DropdownMenu.Item>
            <Show when={views().find(({ search }) => search === current())}>
              {(view) => (
                <DropdownMenu.Item
                  class="menu-item"
                  onSelect={() => keep(views().filter((other) => other !== view()))}
                >
                  Forget “{view().name}”
                </DropdownMenu.Item>
              )}
            </Show>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu>
      <Confirm
        open={isNaming()}
        onClose={() => setIsNaming(false)}
        title="Save this view"
        action="Save"
        onConfirm={async () => {
          const given = name().trim()
          if (given === '') throw new Error('Give the view a name.')
          keep([...views().filter((view) => view.name !== given), { name: given, search: current() }])
          setName('')
        }}
      >
        <label for="view-name">Its name</label>
        <input
          id="view-name"
          class="field"
          value={name()}
          maxLength={60}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Confirm>
    </>
  )
}
