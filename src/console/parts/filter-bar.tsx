import { createMemo, createSignal, For, Show } from 'solid-js'
import {
  FILTER_KEYS,
  FILTER_VALUES,
  filterText,
  parseFilter,
  type Term,
  termText,
} from '../lib/filter-text.ts'
import './filter-bar.css'

/** A filter as a row of chips, edited by typing. It reports each change as text; see `parseFilter`. */
export function FilterBar(props: {
  text: string
  onText: (text: string) => void
  /** Further values to suggest, by key, such as the names of sites. */
  values?: Readonly<Record<string, readonly string[]>>
}) {
  const [typed, setTyped] = createSignal('')
  const parsed = createMemo(() => parseFilter(props.text))
  const problem = () => parseFilter(typed()).problems[0]
  const offers = createMemo(() => {
    const [, minus = '', key = ''] = /^(-?)([a-z-]*):/.exec(typed()) ?? []
    if (key === '') return FILTER_KEYS.map((name) => `${name}:`)
    const values = FILTER_VALUES[key as Term['key']] ?? props.values?.[key] ?? []
    return values
      .slice(0, 200)
      .map((value) => minus + termText({ key: key as Term['key'], value, isNegated: false }))
  })

  const change = (terms: readonly Term[]) => props.onText(filterText(terms))
  const add = () => {
    const { terms, problems } = parseFilter(typed())
    if (problems.length > 0 || terms.length === 0) return
    change([...parsed().terms, ...terms])
    setTyped('')
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
      <ul class="chips" aria-label="Filter">
        <For each={parsed().terms}>
          {(term, index) => (
            <li class="chip" classList={{ negated: term.isNegated }}>
              <span>{termText(term)}</span>
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
      <input
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
