import { A } from '@solidjs/router'
import { createSignal, For, Show } from 'solid-js'
import { ask, messageOf } from '../../api/client.ts'
import { type OverviewQuery, ResumeCredentialDocument } from '../../api/generated.ts'
import { useMay } from '../../layout/viewer.ts'
import { count, plural } from '../../lib/format.ts'
import { Problem } from '../../parts/problem.tsx'

interface Need {
  text: string
  href: string
  verb: string
}

/** What a person has to decide or repair; each line leads there. */
export function NeedsYou(props: { data: OverviewQuery; onChanged: () => void }) {
  const may = useMay()
  const [problem, setProblem] = createSignal<string | null>(null)
  const resume = async (name: string) => {
    try {
      setProblem(null)
      await ask(ResumeCredentialDocument, { name })
      props.onChanged()
    } catch (failure) {
      setProblem(messageOf(failure))
    }
  }
  const suspended = () => props.data.gateway.credentials.filter(({ state }) => state === 'SUSPENDED')
  const needs = (): Need[] => {
    const { changedKeys, lacking, waitingPlans } = props.data
    const list: Need[] = []
    if (changedKeys.totalCount > 0) {
      list.push({
        text: `${plural(changedKeys.totalCount, 'host key')} changed`,
        href: '/devices?q=key:changed',
        verb: 'review',
      })
    }
    for (const plan of waitingPlans.nodes) {
      const what =
        plan.decommissioned > 0 ? `remove ${count(plan.decommissioned)}` : `move ${count(plan.moved)}`
      list.push({ text: `A plan of ${plan.source} would ${what}`, href: `/plans/${plan.id}`, verb: 'review' })
    }
    if (lacking.totalCount > 0) {
      const lack = lacking.totalCount === 1 ? 'lacks' : 'lack'
      list.push({
        text: `${plural(lacking.totalCount, 'device')} ${lack} a required capability`,
        href: '/devices?q=outcome:missing_capabilities',
        verb: 'show',
      })
    }
    return list
  }
  return (
    <>
      <Problem error={problem()} />
      <ul class="needs">
        <For each={suspended()}>
          {(credential) => (
            <li class="row spread">
              <span>
                The credential “{credential.name}” is suspended after{' '}
                {plural(credential.rejections, 'rejection')}
              </span>
              <Show when={may('OPERATOR')}>
                <button type="button" class="button" onClick={() => void resume(credential.name)}>
                  Resume
                  <span class="visually-hidden"> {credential.name}</span>
                </button>
              </Show>
            </li>
          )}
        </For>
        <For
          each={needs()}
          fallback={
            <Show when={suspended().length === 0}>
              <li class="soft">Nothing waits for a person.</li>
            </Show>
          }
        >
          {(need) => (
            <li class="row spread">
              <span>{need.text}</span>
              <A href={need.href} aria-label={`${need.verb}: ${need.text}`}>
                {need.verb} →
              </A>
            </li>
          )}
        </For>
      </ul>
    </>
  )
}
