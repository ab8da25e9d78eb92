import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { createEffect, createMemo, createSignal, For, on, onCleanup, Show } from 'solid-js'
import { type FilterLanguage, filterText, literal, type Term, termText } from '../lib/filter-text.ts'
import './filter-bar.css'
import { createFilterValues } from './filter-values.ts'
import { mainElement } from './main-element.ts'
import './menu.css'

/** How long after the last key the list follows what is typed. */
const TYPING_MS = 200

/**
 * A filter as a row of chips, built by typing. Each change is given as text; see `FilterLanguage`. What is
 * being typed counts already, and becomes a chip with Enter or a blank.
 */
export function FilterBar<F extends object>(props: {
  language: FilterLanguage<F>
  /** For example "Filter devices". */
  label: string
  placeholder: string
  text: string
  onText: (text: string) => void
  /** The text that is being typed, which may have problems. */
  onDraft: (text: string) => void
}) {
  const [typed, setTyped] = createSignal('')
  let input!: HTMLInputElement
  const parsed = createMemo(() => props.language.parse(props.text))
  const problem = () => props.language.parse(typed()).problems[0]
  const typedKey = createMemo(() => props.language.key(/^-?([a-z-]*):/.exec(typed())?.[1]))
  const values = createFilterValues(typedKey)
  const offers = createMemo(() => {
    const key = typedKey()?.key
    if (key === undefined) return props.language.keys.map((each) => `${each.key}:`)
    const isNegated = typed().startsWith('-')
    return values().map((value) => termText({ key, value: literal(value), isNegated }))
  })
  createEffect(
    on(
      typed,
      (text) => {
        const timer = setTimeout(() => props.onDraft(text), TYPING_MS)
        onCleanup(() => clearTimeout(timer))
      },
      { defer: true },
    ),
  )

  /** Wrong conditions stay until somebody removes them, so that the filter does not widen unseen. */
  const change = (terms: readonly Term[], problems = parsed().problems) =>
    props.onText([filterText(terms), ...problems.map(({ text }) => text)].join(' ').trim())
  const add = () => {
    const { terms, problems } = props.language.parse(typed())
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
            <For each={props.language.keys.filter(({ title }) => title !== undefined)}>
              {({ key, title }) => (
                <DropdownMenu.Item class="menu-item" onSelect={() => begin(key)}>
                  {title}
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
            {(wrong) => (
              <li class="chip wrong">
                <span>{wrong.text}</span>
                <button
                  type="button"
                  aria-label={`Remove ${wrong.text}`}
                  onClick={() =>
                    change(
                      parsed().terms,
                      parsed().problems.filter((other) => other !== wrong),
                    )
                  }
                >
                  ×
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <input
        ref={input}
        class="filter-input"
        aria-label={props.label}
        placeholder={parsed().terms.length === 0 ? props.placeholder : ''}
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
          if (event.key === 'Backspace' && typed() === '') {
            const { terms, problems } = parsed()
            if (problems.length > 0) change(terms, problems.slice(0, -1))
            else change(terms.slice(0, -1))
          }
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
      <Show when={parsed().problems.length > 0}>
        <div class="filter-problem whole" role="alert">
          <For each={parsed().problems}>
            {({ text, message }) => (
              <p>
                <span class="strong">{text}</span> is not applied. {message}
              </p>
            )}
          </For>
        </div>
      </Show>
    </form>
  )
}
