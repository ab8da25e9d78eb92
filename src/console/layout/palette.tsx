import { Dialog } from '@kobalte/core/dialog'
import { useNavigate } from '@solidjs/router'
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from 'solid-js'
import { ask } from '../api/client.ts'
import { FindDocument, type FindQuery } from '../api/generated.ts'
import { devicesPage, literal } from '../lib/filter-text.ts'
import '../parts/dialog.css'
import { useMay } from './viewer.ts'
import './palette.css'

const WAIT_MS = 150

interface Entry {
  name: string
  kind: string
  href: string
}

const PAGES: readonly Entry[] = [
  { name: 'Overview', kind: 'page', href: '/' },
  { name: 'Devices', kind: 'page', href: '/devices' },
  { name: 'Refreshes', kind: 'page', href: '/refreshes' },
  { name: 'Plans', kind: 'page', href: '/plans' },
  { name: 'Changes', kind: 'page', href: '/changes' },
]

const KEYS: readonly (readonly [string, string])[] = [
  ['/ or Ctrl K', 'go to a device or place, refresh a place'],
  ['g o, g d, g r, g p, g c', 'overview, devices, refreshes, plans, changes'],
  ['j, k', 'next and previous row'],
  ['x, Shift x', 'select a row, select up to here'],
  ['Enter', 'open the row'],
  ['p', 'probe what is selected'],
  ['?', 'this list'],
]

const GO: Readonly<Record<string, string>> = {
  o: '/',
  d: '/devices',
  r: '/refreshes',
  p: '/plans',
  c: '/changes',
}

const [shown, setShown] = createSignal<'palette' | 'keys' | null>(null)

export function openPalette(): void {
  setShown('palette')
}

/**
 * Goes to a device, place or page by typing, refreshes a place, and lists the keys. `/`, Ctrl-K and `?` open
 * it.
 */
export function Palette() {
  const navigate = useNavigate()
  onMount(() => {
    let isGoing = false
    const onKey = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof HTMLElement &&
        event.target.matches('input:not([type=checkbox]), textarea, select')
      if (event.key === 'k' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault()
        setShown('palette')
        return
      }
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || shown() !== null) return
      const target = isGoing ? GO[event.key] : undefined
      isGoing = event.key === 'g'
      if (target !== undefined) {
        // The table must not handle the same key.
        event.stopImmediatePropagation()
        navigate(target)
      } else if (event.key === '/') {
        event.preventDefault()
        setShown('palette')
      } else if (event.key === '?') setShown('keys')
    }
    document.addEventListener('keydown', onKey, { capture: true })
    onCleanup(() => document.removeEventListener('keydown', onKey, { capture: true }))
  })
  return (
    <Dialog open={shown() !== null} onOpenChange={(open) => !open && setShown(null)}>
      <Dialog.Portal>
        <Dialog.Overlay class="dialog-overlay" />
        <Dialog.Content class="dialog">
          <Show when={shown() === 'keys'} fallback={<Finder />}>
            <Dialog.Title as="h2">Keys</Dialog.Title>
            <dl class="keys">
              <For each={KEYS}>
                {([keys, does]) => (
                  <>
                    <dt>
                      <kbd>{keys}</kbd>
                    </dt>
                    <dd>{does}</dd>
                  </>
                )}
              </For>
            </dl>
          </Show>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog>
  )
}

/** The API compares exactly, and people type as they like. */
function casesOf(text: string): string[] {
  const capitalized = text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()
  return [...new Set([text, text.toLowerCase(), text.toUpperCase(), capitalized])]
}

/** A place is refreshed by naming it after one of these. */
const VERB = /^(?:start (?:a )?refresh (?:of )?|refresh |probe )/i

function placesOf({ sites, countries, regions }: FindQuery, needle: string): Entry[] {
  return [
    ...sites.nodes.map(({ name, country }) => ({
      name,
      kind: `site, ${country.name}`,
      href: `/countries/${encodeURIComponent(country.name)}/sites/${encodeURIComponent(name)}`,
    })),
    ...countries.slice(0, 5).map(({ name }) => ({
      name,
      kind: 'country',
      href: `/countries/${encodeURIComponent(name)}`,
    })),
    ...regions.flatMap(({ value }) =>
      value?.toLowerCase().includes(needle.toLowerCase())
        ? [{ name: value, kind: 'region', href: `/regions/${encodeURIComponent(value)}` }]
        : [],
    ),
  ]
}

function Finder() {
  const navigate = useNavigate()
  const may = useMay()
  const [text, setText] = createSignal('')
  const [found, setFound] = createSignal<{ needle: string; answer: FindQuery } | null>(null)
  const [chosen, setChosen] = createSignal(0)
  /** Whether to go to the first entry as soon as the list is that of what is typed. */
  let goesWhenFound = false
  createEffect(
    on(text, (typed) => {
      setChosen(0)
      goesWhenFound = false
      const needle = needleOf(typed)
      if (needle === '') {
        setFound(null)
        return
      }
      const timer = setTimeout(() => {
        const or = casesOf(needle).map((text) => ({ name: { contains: text } }))
        ask(FindDocument, { devices: { or }, sites: { or }, countries: { or } }).then(
          (answer) => {
            if (text() !== typed) return
            setFound({ needle, answer })
            if (goesWhenFound) go(entries()[chosen()])
          },
          () => setFound(null),
        )
      }, WAIT_MS)
      onCleanup(() => clearTimeout(timer))
    }),
  )
  const needleOf = (typed: string) => (may('OPERATOR') ? typed.replace(VERB, '') : typed).trim()
  const entries = createMemo((): Entry[] => {
    const needle = needleOf(text())
    const matches = ({ name }: Entry) => name.toLowerCase().includes(text().trim().toLowerCase())
    const list = PAGES.filter(matches)
    if (may('OPERATOR')) {
      const start = { name: 'Start a refresh', kind: 'action', href: '/refreshes?start=1' }
      if (matches(start)) list.push(start)
    }
    const answer = found()?.answer
    if (!answer || needle === '') return list
    const places = placesOf(answer, needle)
    const refreshes = may('OPERATOR')
      ? places.map(({ name, kind, href }) => ({
          name: `Refresh ${name}`,
          kind: `action, ${kind}`,
          href: `${href}?probe=1`,
        }))
      : []
    if (needle !== text().trim()) return [...refreshes, ...list]
    return [
      ...answer.devices.nodes.map(({ id, name, site }) => ({
        name,
        kind: `device, ${site.name}`,
        href: `/devices/${id}`,
      })),
      ...places,
      ...refreshes.slice(0, 3),
      ...list,
      {
        name: `Devices with “${needle}”`,
        kind: 'search',
        href: devicesPage([{ key: 'name', value: `*${literal(needle)}*`, isNegated: false }]),
      },
    ]
  })
  createEffect(
    on(chosen, (at) => document.getElementById(`palette-${at}`)?.scrollIntoView({ block: 'nearest' }), {
      defer: true,
    }),
  )
  /** Goes to the chosen entry. Who types and presses Enter at once gets none of an earlier text. */
  const goToChosen = () => {
    const needle = needleOf(text())
    if (needle === '' || chosen() > 0 || found()?.needle === needle) go(entries()[chosen()])
    else goesWhenFound = true
  }
  const go = (entry: Entry | undefined) => {
    if (!entry) return
    setShown(null)
    navigate(entry.href)
  }
  return (
    <>
      <Dialog.Title as="h2" class="visually-hidden">
        Go to
      </Dialog.Title>
      <input
        class="field palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`palette-${chosen()}`}
        aria-label="Device, site, country or page"
        placeholder="Device, site, country or page"
        autocomplete="off"
        autofocus
        value={text()}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          const size = entries().length
          if (event.key === 'ArrowDown') setChosen((at) => (at + 1) % Math.max(size, 1))
          else if (event.key === 'ArrowUp') setChosen((at) => (at + size - 1) % Math.max(size, 1))
          else if (event.key === 'Enter') goToChosen()
          else return
          event.preventDefault()
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Found" class="palette-list" tabindex="-1">
        <For each={entries()} fallback={<li class="soft">Nothing has this name.</li>}>
          {(entry, index) => (
            <li
              id={`palette-${index()}`}
              role="option"
              aria-selected={index() === chosen()}
              class="palette-entry"
              onClick={() => go(entry)}
              onPointerMove={() => setChosen(index())}
            >
              <span>{entry.name}</span>
              <span class="soft small">{entry.kind}</span>
            </li>
          )}
        </For>
      </ul>
    </>
  )
}
