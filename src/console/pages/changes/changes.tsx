import { Show } from 'solid-js'
import { ask } from '../../api/client.ts'
import { ChangesDocument } from '../../api/generated.ts'
import { createPages } from '../../api/pages.ts'
import { plural } from '../../lib/format.ts'
import { ChangeTable } from '../../parts/change-table.tsx'
import { Problem } from '../../parts/problem.tsx'

/** The log of all changes, the newest first. */
export default function Changes() {
  const pages = createPages(async (after) => (await ask(ChangesDocument, { first: 100, after })).changes)
  return (
    <div class="stack">
      <h1>Changes</h1>
      <Problem error={pages.error()} onRetry={pages.again} />
      <Show when={pages.total() !== undefined}>
        <p class="soft">{plural(pages.total() ?? 0, 'entry', 'entries')}, the newest first</p>
        <ChangeTable changes={pages.nodes()} withDevice />
      </Show>
      <Show when={pages.hasMore()}>
        <button type="button" class="button" onClick={pages.more}>
          Show older ones
        </button>
      </Show>
    </div>
  )
}
