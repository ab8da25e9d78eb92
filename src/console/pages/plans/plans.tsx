import { A } from '@solidjs/router'
import { For, Show } from 'solid-js'
import { ask } from '../../api/client.ts'
import { PlansDocument } from '../../api/generated.ts'
import { createPages } from '../../api/pages.ts'
import { count, words } from '../../lib/format.ts'
import '../../parts/lines.css'
import { Problem } from '../../parts/problem.tsx'
import { When } from '../../parts/when.tsx'

/** All sync plans, the newest first. */
export default function Plans() {
  const pages = createPages(
    async (after) => (await ask(PlansDocument, { first: 50, after, state: null })).syncPlans,
  )
  return (
    <div class="stack">
      <h1>Sync plans</h1>
      <p class="soft">
        What each fetch of the inventory changed. A plan that would remove or move much waits for a person.
      </p>
      <Problem error={pages.error()} onRetry={pages.again} />
      <Show when={pages.total() !== 0} fallback={<p>The inventory was not fetched yet.</p>}>
        <div class="table-scroller">
          <table class="lines">
            <thead>
              <tr>
                <th scope="col">Planned</th>
                <th scope="col">Source</th>
                <th scope="col">State</th>
                <For each={['Created', 'Updated', 'Moved', 'Decommissioned']}>
                  {(title) => (
                    <th scope="col" class="figures">
                      {title}
                    </th>
                  )}
                </For>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              <For each={pages.nodes()}>
                {(plan) => (
                  <tr>
                    <td>
                      <A href={`/plans/${plan.id}`}>
                        <When at={plan.plannedAt} />
                      </A>
                    </td>
                    <td>{plan.source}</td>
                    <td classList={{ strong: plan.state === 'AWAITING_APPROVAL' }}>{words(plan.state)}</td>
                    <td class="figures">{count(plan.created)}</td>
                    <td class="figures">{count(plan.updated)}</td>
                    <td class="figures">{count(plan.moved)}</td>
                    <td class="figures">{count(plan.decommissioned)}</td>
                    <td class="soft">{plan.reason ?? ''}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
      <Show when={pages.hasMore()}>
        <button type="button" class="button" onClick={pages.more}>
          Show older ones
        </button>
      </Show>
    </div>
  )
}
