import { createMemo, createSignal, Show } from 'solid-js'
import { ask } from '../../api/client.ts'
import { ChangesDocument } from '../../api/generated.ts'
import { createPages } from '../../api/pages.ts'
import { CHANGE_FILTER } from '../../lib/change-filter.ts'
import { plural } from '../../lib/format.ts'
import { useSearch } from '../../lib/search.ts'
import { ChangesCsv, ChangeTable } from '../../parts/change-table.tsx'
import { FilterBar } from '../../parts/filter-bar.tsx'
import { Problem } from '../../parts/problem.tsx'

const PAGE = 100

/** The log of all changes, the newest first. The filter is part of the address. */
export default function Changes() {
  const [search, setSearch] = useSearch<'q'>()
  /** What is being typed counts already. */
  const [draft, setDraft] = createSignal('')
  const parsed = createMemo(() => CHANGE_FILTER.parse(`${search('q') ?? ''} ${draft()}`))
  const filter = createMemo(() => CHANGE_FILTER.filter(parsed().terms))
  const pages = createPages(
    async (after, first) => (await ask(ChangesDocument, { filter: filter(), first, after })).changes,
    PAGE,
  )
  return (
    <div class="stack">
      <div class="row spread">
        <h1>Changes</h1>
        <ChangesCsv name="changes" all={pages.all} disabled={parsed().problems.length > 0} />
      </div>
      <div class="row">
        <FilterBar
          language={CHANGE_FILTER}
          label="Filter changes"
          placeholder="Search device names, or what:decommissioned by:source:global…"
          text={search('q') ?? ''}
          onText={(text) => setSearch({ q: text === '' ? undefined : text })}
          onDraft={setDraft}
        />
      </div>
      <Problem error={pages.error()} onRetry={pages.again} />
      <Show when={pages.total() !== undefined}>
        <p class="soft">{plural(pages.total() ?? 0, 'entry', 'entries')}, the newest first</p>
        <ChangeTable
          changes={pages.nodes()}
          withDevice
          none={filter() === null ? 'Nothing has changed yet.' : 'No change matches.'}
        />
      </Show>
      <Show when={pages.hasMore()}>
        <button type="button" class="button more" onClick={pages.more}>
          Show older ones
        </button>
      </Show>
    </div>
  )
}
