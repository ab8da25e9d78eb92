import { parse } from 'csv-parse/sync'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { browserOfFile } from './support/browser.ts'
import { downloaded } from './support/download.ts'
import { ONE_OF_EACH } from './support/faults.ts'
import { sceneOfFile } from './support/scene.ts'

const scene = sceneOfFile({
  devices: 1_500,
  faulty: 30,
  faults: ONE_OF_EACH,
  config: () => ({ probe: { timeoutMs: 5_000 } }),
})
const viewing = browserOfFile()

const open = (path: string, look = {}) => viewing().open(scene(), path, look)

async function matches(page: Page, count: number): Promise<void> {
  await page.getByText(`${count.toLocaleString('en')} match`, { exact: true }).waitFor()
}

/** How many devices the API finds. */
async function countOf(filter: object): Promise<number> {
  const query = 'query ($filter: DeviceFilter) { devices(filter: $filter, first: 1) { totalCount } }'
  return (await scene().ask<{ devices: { totalCount: number } }>(query, { filter })).devices.totalCount
}

async function filterBy(page: Page, text: string): Promise<void> {
  await page.getByLabel('Filter devices').fill(text)
  await page.keyboard.press('Enter')
}

it('filters by everything the issue names, in the address, and as one types', async () => {
  const page = await open('/devices')
  await matches(page, 1_500)
  await page.getByLabel('Filter devices').pressSequentially('FRA-')
  // Nothing was confirmed yet.
  const fra = await countOf({ name: { contains: 'fra-' } })
  expect(fra).toBeGreaterThan(0)
  await matches(page, fra)
  await page.keyboard.press('Escape')
  await matches(page, 1_500)

  const stale = { probedBefore: new Date(Date.now() - 3_600_000).toISOString() }
  for (const [text, filter] of [
    ['region:EMEA', { site: { country: { region: { eq: 'EMEA' } } } }],
    ['country:Germany', { site: { country: { name: { eq: 'Germany' } } } }],
    ['site:Fra*', { site: { name: { startsWith: 'Fra' } } }],
    ['outcome:timeout,auth_failed', { outcome: ['TIMEOUT', 'AUTH_FAILED'] }],
    ['outcome:none', { probedBefore: new Date(0).toISOString() }],
    ['phase:hello', { phase: ['HELLO'] }],
    ['platform:junos', { platform: { eq: 'junos' } }],
    ['os:*2*', { osVersion: { contains: '2' } }],
    ['capability:candidate', { hasCapability: { uri: { contains: 'candidate' } } }],
    ['lacks:candidate', { lacksCapability: { uri: { contains: 'candidate' } } }],
    ['stale:1h', stale],
    ['held:yes', { held: true }],
    ['-held:yes', { held: false }],
  ] as const) {
    await filterBy(page, text)
    await matches(page, await countOf(filter))
    expect(new URL(page.url()).searchParams.get('q')).toBe(text)
    await page.getByRole('button', { name: `Remove ${text}` }).click()
    await matches(page, 1_500)
  }
})

it('keeps filter, order and columns across a reload and a walk through other pages', async () => {
  const page = await open('/devices?q=country:Germany%20-outcome:timeout')
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Model' }).click()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: /^Site/ }).click()
  await page.getByRole('button', { name: /^Site/ }).click()
  const header = page.getByRole('columnheader', { name: /Site/ })
  await expect.poll(() => header.getAttribute('aria-sort')).toBe('descending')
  const address = page.url()
  const names = () => page.getByRole('row').getByRole('link').allInnerTexts()
  const before = await names()
  await page.reload()
  await expect.poll(names).toEqual(before)
  await page.getByRole('row').nth(1).getByRole('link').click()
  await page.getByRole('heading', { name: 'Facts' }).waitFor()
  await page.goBack()
  await expect.poll(names).toEqual(before)
  expect(page.url()).toBe(address)
  await page.getByRole('columnheader', { name: 'Model' }).waitFor()
})

it('offers the values of a key, and says what is wrong with a condition', async () => {
  const page = await open('/devices')
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Country' }).click()
  const input = page.getByLabel('Filter devices')
  await expect.poll(() => input.inputValue()).toBe('country:')
  await expect.poll(() => page.locator('#filter-offers option').count()).toBeGreaterThan(10)
  await input.fill('outcome:asleep')
  await page.getByText(/"outcome" takes one of/).waitFor()
  await input.fill('colour:red')
  await page.getByText(/There is no key "colour"/).waitFor()
})

it('does nothing with what a filter with a wrong condition matches', async () => {
  const page = await open('/devices?q=country:Germany%20outcome:nonsense')
  await matches(page, await countOf({ site: { country: { name: { eq: 'Germany' } } } }))
  const alert = page.getByRole('alert')
  expect(await alert.innerText()).toMatch(/^outcome:nonsense is not applied\. "outcome" takes one of none, /)
  const selectAll = page.getByRole('button', { name: /^Select all/ })
  expect(await selectAll.isDisabled()).toBe(true)
  expect(await page.getByRole('button', { name: 'Export' }).isDisabled()).toBe(true)
  await page.getByRole('row').nth(1).getByRole('checkbox').click()
  for (const name of ['Probe 1', 'Trust new keys…', 'Decommission 1…'])
    expect(await page.getByRole('button', { name }).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Clear selection' }).click()
  // A condition that is added does not take the wrong one away.
  await filterBy(page, 'held:no')
  await page.getByRole('button', { name: 'Remove held:no' }).click()
  expect(await alert.count()).toBe(1)
  await page.getByRole('button', { name: 'Remove outcome:nonsense' }).click()
  await alert.waitFor({ state: 'detached' })
  expect(new URL(page.url()).searchParams.get('q')).toBe('country:Germany')
  expect(await page.getByRole('button', { name: 'Export' }).isEnabled()).toBe(true)
  await expect.poll(() => selectAll.isEnabled()).toBe(true)
  await page.getByLabel('Filter devices').fill('colour:red')
  await expect.poll(() => selectAll.isDisabled()).toBe(true)
})

it('scrolls to any row, and selects a range with rows that were never shown', async () => {
  const page = await open('/devices?columns=outcome')
  await matches(page, 1_500)
  const { devices } = await scene().ask<{ devices: { nodes: { name: string }[] } }>(
    '{ devices(first: 1000) { nodes { name } } }',
  )
  await page.getByRole('checkbox', { name: `Select ${devices.nodes[2]?.name}`, exact: true }).click()
  const scroller = page.locator('.device-scroller')
  await scroller.evaluate((element) => element.scrollTo(0, 900 * 28))
  const last = page.getByRole('checkbox', { name: `Select ${devices.nodes[905]?.name}`, exact: true })
  await last.click({ modifiers: ['Shift'] })
  await page.getByText('904 selected', { exact: true }).waitFor()
  await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await expect.poll(() => page.getByRole('row').last().getAttribute('aria-rowindex')).toBe('1501')
  await expect.poll(() => page.getByRole('row').last().getByRole('link').count()).toBe(1)
})

async function download(page: Page, form: 'CSV' | 'JSON'): Promise<string> {
  await page.getByRole('button', { name: 'Export' }).click()
  return await downloaded(page, () => page.getByRole('menuitem', { name: form }).click())
}

it('exports exactly what is shown or selected, with its columns and in its order', async () => {
  const page = await open('/devices?q=country:Germany&order=-name&columns=site,outcome')
  const { devices } = await scene().ask<{
    devices: { nodes: { name: string; site: { name: string }; lastProbe: { outcome: string } }[] }
  }>(`{
    devices(first: 1000, filter: { site: { country: { name: { eq: "Germany" } } } }, orderBy: { field: NAME, direction: DESC }) {
      nodes { name site { name } lastProbe { outcome } }
    }
  }`)
  await matches(page, devices.nodes.length)
  const expected = devices.nodes.map(({ name, site, lastProbe }) => ({
    name,
    outcome: lastProbe.outcome,
    site: site.name,
  }))
  expect(parse(await download(page, 'CSV'), { columns: true })).toEqual(expected)
  expect(JSON.parse(await download(page, 'JSON'))).toEqual(expected)
  await page.getByRole('checkbox', { name: `Select ${expected[1]?.name}`, exact: true }).click()
  expect(JSON.parse(await download(page, 'JSON'))).toEqual([expected[1]])
})

it('selects all that match but some, which exports and actions leave out', async () => {
  const filter = { site: { country: { name: { eq: 'Germany' } } } }
  const page = await open('/devices?q=country:Germany&columns=site')
  const { devices } = await scene().ask<{ devices: { nodes: { id: string; name: string }[] } }>(
    'query ($filter: DeviceFilter) { devices(first: 1000, filter: $filter) { nodes { id name } } }',
    { filter },
  )
  const [first, second, ...others] = devices.nodes
  await page.getByRole('button', { name: `Select all ${devices.nodes.length}` }).click()
  for (const each of [first, second])
    await page.getByRole('checkbox', { name: `Select ${each?.name}`, exact: true }).click()
  await page.getByText(`${others.length} selected (all but 2)`, { exact: true }).waitFor()
  const rows = parse<{ name: string }>(await download(page, 'CSV'), { columns: true })
  expect(rows.map(({ name }) => name)).toEqual(others.map(({ name }) => name))
  await page.getByRole('button', { name: `Probe ${others.length}` }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Probe ${others.length}` })
    .click()
  await page.waitForURL(/\/refreshes\//)
  await page.getByRole('heading', { name: 'Refresh completed' }).waitFor()
  const { refreshes } = await scene().ask<{
    refreshes: { nodes: { scope: { devices: { id: string }[] } }[] }
  }>('{ refreshes(first: 1) { nodes { scope { devices(first: 1000) { id } } } } }')
  const probed = refreshes.nodes[0]?.scope.devices.map(({ id }) => id).sort()
  expect(probed).toEqual(others.map(({ id }) => id).sort())
})

it.each([
  ['no-preference', 'changed'],
  ['reduce', 'none'],
] as const)('marks rows that change, with motion: %s', async (reducedMotion, animation) => {
  const page = await open('/devices?q=site:Berlin', { reducedMotion })
  await page.getByRole('row').nth(1).waitFor()
  const mark = page.locator('.changed').first()
  const marked = mark.waitFor({ state: 'attached' }).then(() =>
    mark.evaluate((element) => {
      const { animationName, opacity } = getComputedStyle(element)
      return { animationName, isSeen: animationName !== 'none' || opacity !== '0' }
    }),
  )
  await scene().ask(
    'mutation { startRefresh(input: { force: true, filter: { site: { name: { eq: "Berlin" } } } }) { started } }',
  )
  expect(await marked).toEqual({ animationName: animation, isSeen: animation !== 'none' })
  await page.locator('.changed').first().waitFor({ state: 'detached' })
})

it('saves a view under a name, and forgets it', async () => {
  const page = await open('/devices?q=outcome:timeout')
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('menuitem', { name: 'Save this view…' }).click()
  await page.getByLabel('Its name').fill('What times out')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await matches(page, 1_500)
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('menuitem', { name: 'What times out' }).click()
  await page.getByRole('button', { name: 'Remove outcome:timeout' }).waitFor()
  await page.reload()
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('menuitem', { name: /^Forget/ }).click()
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByText('No saved views yet').waitFor()
})

it('probes all that match, and says how many', async () => {
  const page = await open('/devices?q=country:Chad')
  const chad = await countOf({ site: { country: { name: { eq: 'Chad' } } } })
  const count = chad > 0 ? chad : await countOf({ site: { country: { name: { eq: 'Germany' } } } })
  if (chad === 0) {
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await filterBy(page, 'country:Germany')
  }
  await matches(page, count)
  await page.getByRole('button', { name: `Select all ${count}` }).click()
  await page.getByText(`${count} selected (all that match)`).waitFor()
  await page.getByRole('button', { name: `Probe ${count}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('heading', { name: `Probe ${count} devices?` }).waitFor()
  expect(await dialog.getByText(/match when you confirm/).count()).toBe(0)
  const started = page.waitForRequest((request) =>
    (request.postData() ?? '').includes('mutation StartRefresh'),
  )
  await dialog.getByRole('button', { name: `Probe ${count}` }).click()
  // Those that the dialog counted, whatever matches by then.
  expect((await started).postDataJSON().variables.input).toEqual({
    force: true,
    deviceIds: expect.objectContaining({ length: count }),
  })
  await page.waitForURL(/\/refreshes\//)
  await page.getByRole('heading', { name: 'Refresh completed' }).waitFor()
  await page.getByText(`${count} of ${count}`).first().waitFor()
})

it('says that more than 1,000 devices are probed as they match by then', async () => {
  const page = await open('/devices')
  await page.getByRole('button', { name: /^Select all 1,[0-9]{3}$/ }).click()
  await page.getByRole('button', { name: /^Probe 1,[0-9]{3}$/ }).click()
  await page.getByRole('dialog').getByText('All devices that match when you confirm are probed').waitFor()
})

it('trusts the changed keys of the selection, each as it is shown', async () => {
  // From its second connection on, a device of each ten shows another key.
  await scene().refresh()
  const changed = await countOf({ hostKeyChanged: true })
  expect(changed).toBeGreaterThan(1)
  const page = await open('/devices?q=key:changed')
  await matches(page, changed)
  await page.getByRole('button', { name: /^Select all/ }).click()
  await page.getByRole('button', { name: 'Trust new keys…' }).click()
  const dialog = page.getByRole('dialog')
  const offered = dialog.getByRole('list', { name: 'Offered keys' }).getByRole('listitem')
  await expect.poll(() => offered.count()).toBe(changed)
  expect(await offered.first().innerText()).toMatch(/known\s+SHA256:.+\s+offered\s+SHA256:/)
  await dialog.getByRole('button', { name: `Trust ${changed} keys` }).click()
  await page.getByRole('heading', { name: 'No device matches' }).waitFor()
  expect(await countOf({ hostKeyChanged: true })).toBe(0)
})

it('decommissions the selected devices, and nothing if their number changed meanwhile', async () => {
  const site = { site: { name: { eq: 'Lyon' } } }
  const count = await countOf(site)
  const page = await open('/devices?q=site:Lyon')
  await matches(page, count)
  await page.getByRole('button', { name: `Select all ${count}` }).click()
  await page.getByRole('button', { name: `Decommission ${count}…` }).click()
  const { devices } = await scene().ask<{ devices: { nodes: { id: string }[] } }>(
    'query ($filter: DeviceFilter) { devices(filter: $filter, first: 1) { nodes { id } } }',
    { filter: site },
  )
  await scene().ask('mutation ($id: ID!) { decommissionDevice(id: $id) { device { id } } }', {
    id: devices.nodes[0]?.id,
  })
  // The table counts again meanwhile; what was asked for in the dialog stays.
  await page.getByText(`${count - 1} match`, { exact: true }).waitFor()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: `Decommission ${count}` }).click()
  await dialog.getByRole('alert').waitFor()
  expect(await countOf(site)).toBe(count - 1)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.reload()
  await page.getByRole('button', { name: `Select all ${count - 1}` }).click()
  await page.getByRole('button', { name: `Decommission ${count - 1}…` }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Decommission ${count - 1}` })
    .click()
  await page.getByRole('heading', { name: 'No device matches' }).waitFor()
  expect(await countOf(site)).toBe(0)
})

it('forgets the selection when going back changes what matches', async () => {
  const page = await open('/devices?q=country:Germany')
  const german = await countOf({ site: { country: { name: { eq: 'Germany' } } } })
  await matches(page, german)
  await page.getByRole('button', { name: 'Remove country:Germany' }).click()
  await page.getByRole('button', { name: /^Select all 1,[0-9]{3}$/ }).click()
  await page.getByText('(all that match)').waitFor()
  await page.goBack()
  await matches(page, german)
  await page.getByRole('button', { name: `Select all ${german}` }).click()
  await page.goForward()
  await page.getByRole('button', { name: /^Select all 1,[0-9]{3}$/ }).waitFor()
  expect(await page.getByText('(all that match)').count()).toBe(0)
})

it.each(['a=1&q=fra-&q=b&order=x&order=y&columns=model&columns=b', 'q=%E0%A4%A', 'q=name:%22unclosed'])(
  'shows a table for any address: %s',
  async (search) => {
    const page = await open(`/devices?${search}`)
    await page.getByText(/^[0-9,]+ match$/).waitFor()
  },
)

it('keeps to the width of the window with a filter of 3,000 characters', async () => {
  const page = await open(`/devices?q=${'x'.repeat(3_000)}`)
  await matches(page, 0)
  const overhang = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
  expect(await page.evaluate(overhang)).toBeLessThanOrEqual(0)
})
