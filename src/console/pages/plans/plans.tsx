import { A } from '@solidjs/router'
import { For, Show } from 'solid-js'
import { ask } from '../../api/client.ts'
import { PlansDocument } from '../../api/generated.ts'
import { createPages } from '../../api/pages.ts'
import { count, words } from '../../lib/format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import '../../parts/lines.css'
import { Problem } from '../../parts/problem.tsx'
import { When } from '../../parts/when.tsx'

const PAGE = 50

/** All sync plans, the newest first. */
export default function Plans() {
  const pages = createPages(
    async (after, first) => (await ask(PlansDocument, { first, after, state: null })).syncPlans,
    PAGE,
  )
  return (
    <div class="stack">
      <div class="row spread">
        <h1>Sync plans</h1>
        <CsvButton
          name="plans"
          columns={['planned', 'source', 'state', 'created', 'updated', 'moved', 'decommissioned', 'reason']}
          lines={pages.all}
          cells={(plan) => [
            plan.plannedAt,
            plan.source,
            plan.state,
            ...[plan.created, plan.updated, plan.moved, plan.decommissioned].map(String),
            plan.reason ?? '',
          ]}
        />
      </div>
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
                    <td class="soft prose">{plan.reason ?? ''}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
      <Show when={pages.hasMore()}>
        <button type="button" class="button more" onClick={pages.more}>
          Show older ones
        </button>
      </Show>
    </div>
  )
}
