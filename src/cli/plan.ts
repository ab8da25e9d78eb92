import { Command, Option } from 'commander'
import { RollcallError } from '../base/errors.ts'
import { type ApiOptions, withApi, withApiOptions } from './api-client.ts'
import { wholeNumber } from './options.ts'
import { print, printJson, shortTime } from './output.ts'
import { PLAN_FIELDS, type Plan, readPlan } from './plan-data.ts'
import { describePlan, LISTED } from './plan-report.ts'
import { fittedTable } from './table.ts'
import { widthOf } from './wrapping.ts'

interface Json extends ApiOptions {
  json?: boolean
}

const STATES = ['APPLIED', 'AWAITING_APPROVAL', 'REJECTED', 'EXPIRED', 'DRY_RUN', 'FAILED']

const list = withApiOptions(new Command('list'))
  .description('Prints the sync plans, newest first.')
  .addOption(new Option('--state <state>', 'only plans in this state').choices(STATES))
  .option('--limit <n>', 'how many plans at most', wholeNumber(1, 1_000), 20)
  .option('--json', 'print them as JSON')
  .addHelpText(
    'after',
    '\nExample:\n  rollcall plan list --state AWAITING_APPROVAL ' +
      '--url http://127.0.0.1:4000 --token-env MY_TOKEN',
  )
  .action(async ({ state, limit, json, ...options }: Json & { state?: string; limit: number }) => {
    const plans = await withApi(options, { writes: false }, async ({ ask }) => {
      const found = await ask<{ syncPlans: { nodes: Plan[] } }>(
        `query ($first: Int!, $state: [SyncPlanState!]) {
          syncPlans(first: $first, state: $state) { nodes { ${PLAN_FIELDS} } }
        }`,
        { first: limit, state: state === undefined ? null : [state] },
      )
      return found.syncPlans.nodes
    })
    if (json) return printJson(plans)
    const rows = plans.map(({ id, source, state, created, updated, decommissioned, moved, plannedAt }) => [
      id,
      source,
      state,
      String(created),
      String(updated),
      String(moved),
      String(decommissioned),
      shortTime(plannedAt),
    ])
    const heading = ['ID', 'SOURCE', 'STATE', 'NEW', 'CHANGED', 'MOVED', 'GONE', 'PLANNED']
    print(fittedTable([heading, ...rows], { width: widthOf(process.stdout) }))
  })

const show = withApiOptions(new Command('show'))
  .description('Prints what a plan would do or did, device by device.')
  .argument('<id>', 'the id of the plan, as `rollcall plan list` has it')
  .option('--limit <n>', 'how many devices of each kind; 0 for all', wholeNumber(0, 100_000_000), LISTED)
  .option('--json', 'print the plan with all changes as JSON')
  .addHelpText('after', '\nExample:\n  rollcall plan show U3luY1BsYW46Mw')
  .action(async (id: string, { limit, json, ...options }: Json & { limit: number }) => {
    const plan = await withApi(options, { writes: false }, (api) => readPlan(api, id))
    if (plan === null) throw new RollcallError('NOT_FOUND', 'There is no sync plan with this id.')
    if (json) printJson(plan)
    else print(describePlan(plan, { limit, width: widthOf(process.stdout) }))
  })

const approve = decision('approve', 'approveSyncPlan').description(
  'Approves a plan: its source is fetched again, and the plan is applied if the source still says the same.',
)

const reject = decision('reject', 'rejectSyncPlan').description(
  'Rejects a plan: the devices that it would decommission or move stay as they are.',
)

function decision(name: string, mutation: string): Command {
  return withApiOptions(new Command(name))
    .argument('<id>', 'the id of the plan')
    .option('--json', 'print the plan as JSON')
    .addHelpText(
      'after',
      `\nExample:\n  rollcall plan ${name} U3luY1BsYW46Mw ` +
        '--url http://127.0.0.1:4000 --token-env MY_TOKEN',
    )
    .action(async (id: string, { json, ...options }: Json) => {
      const { [mutation]: decided } = await withApi(
        options,
        { writes: true, reads: ['sources'] },
        ({ ask }) =>
          ask<Record<string, { plan: Plan }>>(
            `mutation ($id: ID!) { ${mutation}(id: $id) { plan { ${PLAN_FIELDS} } } }`,
            { id },
          ),
      )
      const plan = decided?.plan
      if (json) printJson(plan)
      else print(`The plan of source "${plan?.source}" is ${plan?.state}.`)
    })
}

export const command = new Command('plan')
  .description('Lists and shows sync plans, and approves or rejects those that await approval.')
  .addCommand(list)
  .addCommand(show)
  .addCommand(approve)
  .addCommand(reject)
  .addHelpText('after', '\nExample:\n  rollcall plan list --state AWAITING_APPROVAL')
