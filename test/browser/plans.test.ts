import { parse } from 'csv-parse/sync'
import { expect, it } from 'vitest'
import { browserOfFile } from './support/browser.ts'
import { downloaded } from './support/download.ts'
import { sceneOfFile } from './support/scene.ts'

const scene = sceneOfFile({ devices: 120, faulty: 0 })
const viewing = browserOfFile()

const SYNC = 'mutation { syncInventory { plans { id state } } }'

it('shows by name what a plan would do, rejects it, and approves the next', async () => {
  const gone = scene().records.slice(0, 70)
  const kept = scene().records.slice(70)
  await scene().writeInventory(kept)
  await scene().ask(SYNC)
  const overview = await viewing().open(scene(), '/')
  await overview.getByRole('link', { name: /^review: A plan of global would remove 70/ }).click()
  await overview.getByRole('heading', { name: 'Would be removed: 70' }).waitFor()
  const section = overview.getByRole('region', { name: 'Would be removed' })
  const names = (await section.getByRole('row').getByRole('link').allInnerTexts()).sort()
  expect(names).toEqual(gone.map(({ name }) => name).sort())

  const viewer = await viewing().open(scene(), new URL(overview.url()).pathname, { role: 'OPERATOR' })
  await viewer.getByRole('heading', { name: 'Would be removed: 70' }).waitFor()
  expect(await viewer.getByRole('button', { name: /Remove|Reject/ }).count()).toBe(0)

  await overview.getByRole('button', { name: 'Reject…' }).click()
  await overview.getByRole('button', { name: 'Reject the plan' }).click()
  await overview.getByText('rejected').waitFor()
  const count = async () =>
    (await scene().ask<{ summary: { devices: number } }>('{ summary { devices } }')).summary
  expect(await count()).toEqual({ devices: 120 })

  await scene().writeInventory(kept.slice(1))
  await scene().ask(SYNC)
  const page = await viewing().open(scene(), '/plans')
  await page
    .getByRole('row', { name: /awaiting approval/ })
    .getByRole('link')
    .click()
  await page.getByRole('button', { name: 'Remove 71 devices…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove 71 devices' }).click()
  await page.getByText('applied').waitFor()
  await page.getByRole('heading', { name: 'Removed: 71' }).waitFor()
  expect(await count()).toEqual({ devices: 49 })
  await page.getByRole('link', { name: 'Changes' }).click()
  await page.getByRole('cell', { name: 'decommissioned' }).first().waitFor()
})

it('filters the change log as one types, in the address', async () => {
  const countOf = async (filter: object) => {
    const query = 'query ($filter: ChangeFilter) { changes(filter: $filter, first: 1) { totalCount } }'
    return (await scene().ask<{ changes: { totalCount: number } }>(query, { filter })).changes.totalCount
  }
  const page = await viewing().open(scene(), '/changes')
  const shown = async (count: number) => {
    await page
      .getByText(new RegExp(`^${count.toLocaleString('en')} entr(y|ies), the newest first$`))
      .waitFor()
  }
  await shown(await countOf({}))
  for (const [text, filter] of [
    ['what:decommissioned', { action: ['DECOMMISSIONED'] }],
    ['by:source:global', { actor: { eq: 'source:global' } }],
    ['-what:created', { not: { action: ['CREATED'] } }],
    ['site:Berlin', { site: { name: { eq: 'Berlin' } } }],
    ['region:EMEA', { site: { country: { region: { eq: 'EMEA' } } } }],
  ] as const) {
    await page.getByLabel('Filter changes').fill(text)
    await shown(await countOf(filter))
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: `Remove ${text}` }).waitFor()
    expect(new URL(page.url()).searchParams.get('q')).toBe(text)
    await page.getByRole('button', { name: `Remove ${text}` }).click()
  }
  await page.getByLabel('Filter changes').fill('nobody-has-this-name')
  await page.getByText('No change matches.').waitFor()
})

it('saves each table as CSV, with the rows that are not shown', async () => {
  const found = await scene().ask<{
    countries: { name: string; region: string; sites: { name: string; devices: { id: string }[] }[] }[]
    refreshes: { totalCount: number; nodes: { id: string; progress: { done: number } }[] }
    syncPlans: { totalCount: number; nodes: { id: string; decommissioned: number }[] }
    changes: { nodes: { fields: { field: string }[] }[] }
  }>(`{
    countries { name region sites { name devices { id } } }
    refreshes(first: 1) { totalCount nodes { id progress { done } } }
    syncPlans(first: 1, state: [APPLIED]) { totalCount nodes { id decommissioned } }
    changes(first: 1000) { nodes { fields { field } } }
  }`)
  const { countries, refreshes, syncPlans, changes } = found
  const plans = await scene().ask<{ syncPlans: { totalCount: number } }>(
    '{ syncPlans(first: 1) { totalCount } }',
  )
  const country = countries.find(({ sites }) => sites.some(({ devices }) => devices.length > 0))
  const site = country?.sites.find(({ devices }) => devices.length > 0)
  const place = `/countries/${encodeURIComponent(country?.name ?? '')}`
  const page = await viewing().open(scene(), '/')
  for (const [path, name, rows] of [
    ['/', 'countries', countries.length],
    [
      `/regions/${country?.region}`,
      'countries',
      countries.filter(({ region }) => region === country?.region).length,
    ],
    [place, 'sites', country?.sites.length],
    [`${place}/sites/${encodeURIComponent(site?.name ?? '')}`, 'devices', site?.devices.length],
    ['/refreshes', 'refreshes', refreshes.totalCount],
    [`/refreshes/${refreshes.nodes[0]?.id}`, 'results', refreshes.nodes[0]?.progress.done],
    ['/plans', 'plans', plans.syncPlans.totalCount],
    [`/plans/${syncPlans.nodes[0]?.id}`, 'plan, decommissioned', syncPlans.nodes[0]?.decommissioned],
    ['/changes', 'changes', changes.nodes.reduce((sum, { fields }) => sum + Math.max(1, fields.length), 0)],
  ] as const) {
    await page.goto(path)
    const text = await downloaded(page, () =>
      page.getByRole('button', { name: `Export ${name} as CSV` }).click(),
    )
    expect([path, parse(text, { columns: true }).length]).toEqual([path, rows])
  }
})
