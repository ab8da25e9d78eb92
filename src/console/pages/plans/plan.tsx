import { A, useParams } from '@solidjs/router'
import { createMemo, createSignal, For, Show } from 'solid-js'
import { ask } from '../../api/client.ts'
import {
  ApprovePlanDocument,
  type ChangeAction,
  type PlanLineFragment,
  PlannedChangesDocument,
  PlanPageDocument,
  RejectPlanDocument,
} from '../../api/generated.ts'
import { createPages } from '../../api/pages.ts'
import { createAnswer } from '../../api/resource.ts'
import { useMay } from '../../layout/viewer.ts'
import { count, plural, words } from '../../lib/format.ts'
import { FieldChanges } from '../../parts/change-table.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Entity } from '../../parts/entity.tsx'
import '../../parts/lines.css'
import { Problem } from '../../parts/problem.tsx'
import { When } from '../../parts/when.tsx'
import './plan.css'

/** One sync plan with its changes, the removals first, and the buttons to approve or reject it. */
export default function Plan() {
  const params = useParams<{ id: string }>()
  const may = useMay()
  const answer = createAnswer(PlanPageDocument, () => ({ id: params.id }))
  const plan = createMemo(() => {
    const data = answer.data()
    return data && (data.node && 'plannedAt' in data.node ? data.node : null)
  })
  const [asks, setAsks] = createSignal<'approve' | 'reject' | null>(null)
  const decide = async (document: typeof ApprovePlanDocument | typeof RejectPlanDocument) => {
    await ask(document as typeof ApprovePlanDocument, { id: params.id })
    answer.again()
  }
  return (
    <div class="stack">
      <Entity what="plan" lists="plans" answer={answer} found={plan()}>
        {(known) => (
          <>
            <div class="row spread wrap">
              <h1>
                Plan of {known().source}, <When at={known().plannedAt} />
              </h1>
              <Show when={known().state === 'AWAITING_APPROVAL' && may('ADMIN')}>
                <div class="row">
                  <button type="button" class="button" onClick={() => setAsks('reject')}>
                    Reject…
                  </button>
                  <button type="button" class="button danger primary" onClick={() => setAsks('approve')}>
                    {whatItDoes(known())}…
                  </button>
                </div>
              </Show>
            </div>
            <p>
              <span class="strong">{words(known().state)}</span>
              <Show when={known().decidedAt}>
                <span class="soft">
                  {' '}
                  <When at={known().decidedAt} />
                  {known().decidedBy ? ` by ${known().decidedBy}` : ''}
                </span>
              </Show>
            </p>
            <Show when={known().reason}>{(reason) => <p class="plan-reason">{reason()}</p>}</Show>
            <For each={known().warnings}>{(warning) => <p class="soft">{warning}</p>}</For>
            <PlannedChanges id={params.id} isDone={known().state === 'APPLIED'} />
            <Show when={known().rejectedRecords.length > 0}>
              <section class="stack" aria-label="Records that cannot be used">
                <h2>{plural(known().rejectedRecords.length, 'record')} that cannot be used</h2>
                <ul class="stack">
                  <For each={known().rejectedRecords.slice(0, 100)}>
                    {(record) => (
                      <li>
                        Record {count(record.position)}: {record.reason}{' '}
                        <span class="mono soft">{record.record}</span>
                      </li>
                    )}
                  </For>
                </ul>
              </section>
            </Show>
            <Confirm
              open={asks() === 'approve'}
              onClose={() => setAsks(null)}
              title="Approve the plan?"
              action={whatItDoes(known())}
              isDangerous
              onConfirm={() => decide(ApprovePlanDocument)}
            >
              <p>The source is fetched again first. If it has changed since, nothing is done.</p>
            </Confirm>
            <Confirm
              open={asks() === 'reject'}
              onClose={() => setAsks(null)}
              title="Reject the plan?"
              action="Reject the plan"
              onConfirm={() => decide(RejectPlanDocument)}
            >
              <p>
                The devices that it would remove or move stay as they are. The next fetch makes a new plan.
              </p>
            </Confirm>
          </>
        )}
      </Entity>
    </div>
  )
}

/** The button shows the number of devices. */
function whatItDoes(plan: PlanLineFragment): string {
  const parts = []
  if (plan.decommissioned > 0) parts.push(`Remove ${plural(plan.decommissioned, 'device')}`)
  if (plan.moved > 0) parts.push(`${parts.length > 0 ? 'move' : 'Move'} ${plural(plan.moved, 'device')}`)
  return parts.length > 0 ? parts.join(', ') : 'Approve the plan'
}

const PAGE = 100

const ACTIONS: readonly { action: ChangeAction; planned: string; done: string }[] = [
  { action: 'DECOMMISSIONED', planned: 'Would be removed', done: 'Removed' },
  { action: 'UPDATED', planned: 'Would change or move', done: 'Changed or moved' },
  { action: 'RESTORED', planned: 'Would be restored', done: 'Restored' },
  { action: 'CREATED', planned: 'Would be created', done: 'Created' },
]

function PlannedChanges(props: { id: string; isDone: boolean }) {
  return (
    <For each={ACTIONS}>
      {({ action, planned, done }) => {
        const title = () => (props.isDone ? done : planned)
        const pages = createPages(async (after, first) => {
          const { node } = await ask(PlannedChangesDocument, { id: props.id, action, first, after })
          return node && 'changes' in node ? node.changes : null
        }, PAGE)
        return (
          <Show when={pages.error() || (pages.total() ?? 0) > 0}>
            <section class="stack" aria-label={title()}>
              <div class="row spread">
                <h2 classList={{ 'plan-goes': action === 'DECOMMISSIONED' }}>
                  {title()}: {count(pages.total() ?? 0)}
                </h2>
                <CsvButton
                  name={`plan, ${words(action)}`}
                  columns={['device', 'site', 'country', 'what']}
                  lines={pages.all}
                  cells={({ name, site, country, fields }) => [
                    name,
                    site,
                    country,
                    fields
                      .map((each) => `${each.field}: ${each.before ?? '–'} → ${each.after ?? '–'}`)
                      .join('; '),
                  ]}
                />
              </div>
              <Problem error={pages.error()} />
              <div class="table-scroller">
                <table class="lines">
                  <thead>
                    <tr>
                      <th scope="col">Device</th>
                      <th scope="col">Site</th>
                      <th scope="col">Country</th>
                      <Show when={action !== 'DECOMMISSIONED'}>
                        <th scope="col">Fields</th>
                      </Show>
                    </tr>
                  </thead>
                  <tbody>
                    <For each={pages.nodes()}>
                      {(change) => (
                        <tr>
                          <td>
                            <Show when={change.device} fallback={change.name}>
                              {(device) => <A href={`/devices/${device().id}`}>{change.name}</A>}
                            </Show>
                          </td>
                          <td>{change.site}</td>
                          <td>{change.country}</td>
                          <Show when={action !== 'DECOMMISSIONED'}>
                            <td class="prose">
                              <FieldChanges fields={change.fields} />
                            </td>
                          </Show>
                        </tr>
                      )}
                    </For>
                  </tbody>
                </table>
              </div>
              <Show when={pages.hasMore()}>
                <button type="button" class="button more" onClick={pages.more}>
                  Show more
                </button>
              </Show>
            </section>
          </Show>
        )
      }}
    </For>
  )
}
