import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings } from './support/axe.ts'
import { browserOfFile } from './support/browser.ts'
import { ONE_OF_EACH } from './support/faults.ts'
import { sceneOfFile } from './support/scene.ts'
import { lowTargets } from './support/targets.ts'

const PICTURES = join(import.meta.dirname, 'pictures')
mkdirSync(PICTURES, { recursive: true })

const scene = sceneOfFile({
  devices: 400,
  faulty: ONE_OF_EACH.length,
  faults: ONE_OF_EACH,
  config: ({ username, password }) => ({
    probe: {
      timeoutMs: 4_000,
      requiredCapabilities: [
        {
          requirement: { module: 'example-of-nobody', minRevision: undefined, features: undefined },
          match: { site: 'Lyon' },
        },
      ],
    },
    credentials: [
      // Suspended soon.
      { name: 'core', username, password: 'wrong', match: { site: 'Berlin' } },
      { name: 'default', username, password, match: null },
    ],
  }),
  async prepare(scene) {
    // The second refresh finds changed keys, and a plan that would remove too much.
    await scene.refresh()
    await scene.writeInventory(scene.records.filter(({ country }) => country !== 'Japan'))
  },
})
const viewing = browserOfFile()

type Ready = (page: Page) => Promise<unknown>

const row =
  (position: number): Ready =>
  (page) =>
    page.getByRole('row').nth(position).waitFor()
const text =
  (content: string | RegExp): Ready =>
  (page) =>
    page.getByText(content).first().waitFor()
const ids = '{ nodes { id } }'

/** One of each page: where it is, or a query that finds its id, and what is there once it is whole. */
const PAGES: readonly [name: string, path: string, ready: Ready, query?: string][] = [
  [
    'overview',
    '/',
    async (page) => {
      await page.getByRole('link', { name: /^Germany: / }).waitFor()
      await page.locator('.chart canvas').waitFor()
    },
  ],
  ['devices', '/devices', row(20)],
  ['devices-filtered', '/devices?q=-outcome%3Asupported', row(2)],
  ['devices-wrong', '/devices?q=outcome%3Anonsense', row(2)],
  ['devices-none', '/devices?q=site%3Anowhere', text('No device matches')],
  [
    'device',
    '/devices/',
    text('Facts'),
    `{ found: devices(filter: { hostKeyChanged: true }, first: 1) ${ids} }`,
  ],
  ['refreshes', '/refreshes', row(1)],
  ['refresh', '/refreshes/', row(12), `{ found: refreshes(first: 1) ${ids} }`],
  ['plans', '/plans', row(1)],
  [
    'plan',
    '/plans/',
    text(/Would be removed/),
    `{ found: syncPlans(first: 1, state: [AWAITING_APPROVAL]) ${ids} }`,
  ],
  ['changes', '/changes', row(1)],
  ['region', '/regions/EMEA', row(4)],
  ['country', '/countries/Germany', text('Frankfurt')],
  ['site', '/countries/Germany/sites/Frankfurt', row(4)],
  ['not-found', '/no/such/page', text('There is no such page')],
]

it.each(PAGES)('shows the page %s light and dark, wide and narrow', async (name, path, ready, query) => {
  const found = query && (await scene().ask<{ found: { nodes: { id: string }[] } }>(query)).found.nodes[0]?.id
  const page = await viewing().open(scene(), path + (found ?? ''))
  await ready(page)
  expect(await lookAt(name, page)).toEqual([])
})

it.each<[string, (page: Page) => Promise<void>]>([
  [
    'palette',
    async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByLabel('Device, site, country or page').fill('fra')
      await page.getByRole('option', { name: /^Frankfurt/ }).waitFor()
    },
  ],
  [
    'keys',
    async (page) => {
      await page.keyboard.press('?')
      await page.getByRole('heading', { name: 'Keys' }).waitFor()
    },
  ],
  [
    'confirm',
    async (page) => {
      await page.getByRole('button', { name: /^Select all/ }).click()
      await page.getByRole('button', { name: /^Decommission/ }).click()
      await page.getByRole('dialog').waitFor()
    },
  ],
  [
    'menu',
    async (page) => {
      await page.getByRole('button', { name: 'Filter', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Outcome' }).waitFor()
    },
  ],
])('shows %s over a page', async (name, act) => {
  const page = await viewing().open(scene(), '/devices')
  await row(20)(page)
  await act(page)
  expect(await lookAt(name, page)).toEqual([])
})

it('shows the sign-in', async () => {
  const page = await viewing().open(scene(), '/devices', { role: null })
  await page.getByLabel('Token or JWT').waitFor()
  expect(await lookAt('sign-in', page)).toEqual([])
})

it.each([
  ['/devices/abc', 'device', 'devices'],
  ['/refreshes/abc', 'refresh', 'refreshes'],
  ['/plans/abc', 'plan', 'plans'],
])('says that nothing is at %s', async (path, what, list) => {
  const page = await viewing().open(scene(), path)
  await page.getByText(`There is no ${what} at this address.`).waitFor()
  expect(await page.getByText('Asking the gateway…').count()).toBe(0)
  expect(await page.getByRole('alert').count()).toBe(0)
  await page.getByRole('link', { name: `Show all ${list}` }).click()
  await page.waitForURL(`**/${list}`)
})

it('shows all results if the address names an outcome that does not exist', async () => {
  const { refreshes } = await scene().ask<{ refreshes: { nodes: { id: string }[] } }>(
    `{ refreshes(first: 1) ${ids} }`,
  )
  const page = await viewing().open(scene(), `/refreshes/${refreshes.nodes[0]?.id}?outcome=bogus`)
  await page.getByText('There is no outcome “bogus”, so all results are shown.').waitFor()
  await row(12)(page)
  expect(await page.getByRole('region', { name: 'Results', exact: true }).getByRole('alert').count()).toBe(0)
})

it('says that a page has failed, and shows the next one', async () => {
  const page = await viewing().open(scene(), '/devices')
  await row(1)(page)
  // An answer that the page does not expect.
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('query DeviceDetail')) return await route.continue()
    const response = await route.fetch()
    const answer = await response.json()
    answer.data.node.probes = null
    await route.fulfill({ response, json: answer })
  })
  await page.getByRole('row').nth(1).getByRole('link').click()
  await page.getByRole('heading', { name: 'This page has failed' }).waitFor()
  expect(await findings(page)).toEqual([])
  await page.getByRole('button', { name: 'Reload' }).click()
  await page.getByRole('heading', { name: 'This page has failed' }).waitFor()
  await page.getByRole('link', { name: 'Refreshes', exact: true }).click()
  await row(1)(page)
  expect(await page.getByRole('alert').count()).toBe(0)
  const problems = await viewing().endTest()
  expect(problems).toHaveLength(2)
  for (const problem of problems) expect(problem).toMatch(/TypeError: .*null/)
})

/** Takes the pictures of a page, and returns what is wrong with it. */
async function lookAt(name: string, page: Page): Promise<string[]> {
  const problems: string[] = []
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: width === 360 ? 740 : 800 })
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.screenshot({ path: join(PICTURES, `${name}-${theme}-${width}.png`) })
      // The narrow page has the same elements in the same colours.
      if (width === 1280) problems.push(...(await findings(page)).map((finding) => `${theme}: ${finding}`))
    }
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    if (width === 360) problems.push(...(await lowTargets(page)))
    if (overflow > 0) problems.push(`the page is ${overflow} pixels wider than ${width}`)
  }
  return problems
}
