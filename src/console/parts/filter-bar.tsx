import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { createEffect, createMemo, createSignal, For, on, onCleanup, Show } from 'solid-js'
import { FILTER_KEYS, filterText, parseFilter, type Term, termText } from '../lib/filter-text.ts'
import './filter-bar.css'
import { createFilterValues } from './filter-values.ts'
import { mainElement } from './main-element.ts'
import './menu.css'

/** How long after the last key the list follows what is typed. */
const TYPING_MS = 200

/** What each key is for, as the menu says it. */
const KEY_NAMES: readonly (readonly [Term['key'], string])[] = [
  ['outcome', 'Outcome'],
  ['phase', 'Phase'],
  ['site', 'Site'],
  ['country', 'Country'],
  ['region', 'Region'],
  ['platform', 'Platform'],
  ['vendor', 'Vendor'],
  ['model', 'Model'],
  ['os', 'OS version'],
  ['capability', 'Capability'],
  ['lacks', 'Missing capability'],
  ['stale', 'Not probed since'],
  ['held', 'Held back'],
  ['key', 'Host key'],
  ['address', 'Address'],
  ['lifecycle', 'Lifecycle'],
]

/**
 * A filter as a row of chips, built by typing. Each change is given as text; see `parseFilter`. What is being
 * typed counts already, and becomes a chip with Enter or a blank.
 */
export function FilterBar(props: {
  text: string
  onText: (text: string) => void
  /** Terms that are being typed; empty if they are not whole. */
  onDraft: (text: string) => void
}) {
  const [typed, setTyped] = createSignal('')
  let input!: HTMLInputElement
  const parsed = createMemo(() => parseFilter(props.text))
  const problem = () => parseFilter(typed()).problems[0]
  const typedKey = () => /^-?([a-z-]*):/.exec(typed())?.[1]
  const values = createFilterValues(typedKey)
  const offers = createMemo(() => {
    const [, minus = '', key = ''] = /^(-?)([a-z-]*):/.exec(typed()) ?? []
    if (key === '') return FILTER_KEYS.map((name) => `${name}:`)
    return values().map((value) => minus + termText({ key: key as Term['key'], value, isNegated: false }))
  })
  createEffect(
    on(
      typed,
      (text) => {
        const draft = parseFilter(text)
        const timer = setTimeout(
          () => props.onDraft(draft.problems.length === 0 ? filterText(draft.terms) : ''),
          TYPING_MS,
        )
        onCleanup(() => clearTimeout(timer))
      },
      { defer: true },
    ),
  )

  const change = (terms: readonly Term[]) => props.onText(filterText(terms))
  const add = () => {
    const { terms, problems } = parseFilter(typed())
    if (problems.length > 0 || terms.length === 0) return
    change([...parsed().terms, ...terms])
    setTyped('')
    props.onDraft('')
  }
  const begin = (key: string) => {
    setTyped(`${key}:`)
    // The menu gives the focus back to its button first.
    setTimeout(() => input.focus())
  }

  return (
    <form
      class="filter-bar"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        add()
      }}
    >
      <DropdownMenu modal={false}>
        <DropdownMenu.Trigger class="button plain filter-add">
          <span aria-hidden="true">+</span> Filter
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal mount={mainElement()}>
          <DropdownMenu.Content class="menu">
            <For each={KEY_NAMES}>
              {([key, name]) => (
                <DropdownMenu.Item class="menu-item" onSelect={() => begin(key)}>
                  {name}
                  <span class="soft menu-hint">{key}:</span>
                </DropdownMenu.Item>
              )}
            </For>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu>
      <Show when={parsed().terms.length + parsed().problems.length > 0}>
        <ul class="chips" aria-label="Filter">
          <For each={parsed().terms}>
            {(term, index) => (
              <li class="chip" classList={{ negated: term.isNegated }}>
                <span>
                  <Show when={term.isNegated}>
                    <span class="chip-not">not </span>
                  </Show>
                  {termText({ ...term, isNegated: false })}
                </span>
                <button
                  type="button"
                  aria-label={`Remove ${termText(term)}`}
                  onClick={() => change(parsed().terms.filter((_, at) => at !== index()))}
                >
                  ×
                </button>
              </li>
            )}
          </For>
          <For each={parsed().problems}>
            {({ text, message }) => (
              <li class="chip wrong" title={message}>
                {text}
              </li>
            )}
          </For>
        </ul>
      </Show>
      <input
        ref={input}
        class="filter-input"
        aria-label="Filter devices"
        placeholder={parsed().terms.length === 0 ? 'Search names, or site:FRA* outcome:timeout…' : ''}
        list="filter-offers"
        autocomplete="off"
        spellcheck={false}
        value={typed()}
        onInput={(event) => {
          setTyped(event.currentTarget.value)
          // A complete term becomes a chip at once.
          if (event.currentTarget.value.endsWith(' ') && (typed().match(/"/g)?.length ?? 0) % 2 === 0) add()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Backspace' && typed() === '') change(parsed().terms.slice(0, -1))
          if (event.key === 'Escape') setTyped('')
        }}
      />
      <datalist id="filter-offers">
        <For each={offers()}>{(offer) => <option value={offer} />}</For>
      </datalist>
      <Show when={problem()}>
        {(wrong) => (
          <span class="filter-problem" role="status">
            {wrong().message}
          </span>
        )}
      </Show>
      <Show when={props.text !== ''}>
        <button type="button" class="button plain" onClick={() => props.onText('')}>
          Clear
        </button>
      </Show>
    </form>
  )
}
