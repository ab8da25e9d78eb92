import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { browserOfFile } from './support/browser.ts'
import { type Scene, sceneOfFile } from './support/scene.ts'
import { setVisible } from './support/visibility.ts'

const DEVICES = 1_000

const scene = sceneOfFile({
  devices: DEVICES,
  faulty: 8,
  config: () => ({
    probe: { timeoutMs: 8_000 },
    // Slow enough to be watched, and to be interrupted in the middle.
    throttle: { startsPerSecond: 120, concurrency: 200 },
  }),
})
const viewing = browserOfFile()

declare global {
  interface Window {
    /** The devices of the newest results, in the order in which the page showed them. */
    shown: string[]
  }
}

/** Notes every result that the page shows, for it keeps only the newest. */
async function noteResults(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.shown = []
    const noted = new WeakSet<Element>()
    const note = (row: Element) => {
      // A row may be moved; a result that came twice would have another one.
      if (noted.has(row)) return
      noted.add(row)
      window.shown.push(row.querySelector('a')?.getAttribute('href') ?? '')
    }
    const newest = '[aria-label="Newest results"] tbody tr'
    for (const row of document.querySelectorAll(newest)) note(row)
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes)
        for (const node of addedNodes) if (node instanceof Element && node.matches(newest)) note(node)
    }).observe(document, { subtree: true, childList: true })
  })
}

async function startFrom(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Start a refresh…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
  await page.waitForURL(/\/refreshes\/./)
  return decodeURIComponent(new URL(page.url()).pathname.replace('/refreshes/', ''))
}

async function done(page: Page): Promise<number> {
  const text = await page.locator('.refresh-bar').innerText()
  return Number(/([\d,]+) of/.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN)
}

async function outcomesOf(scene: Scene, id: string): Promise<Record<string, number>> {
  const { refresh } = await scene.ask<{
    refresh: { progress: { byOutcome: { outcome: string; count: number }[] } }
  }>('query ($id: ID!) { refresh(id: $id) { progress { byOutcome { outcome count } } } }', { id })
  return Object.fromEntries(refresh.progress.byOutcome.map(({ outcome, count }) => [outcome, count]))
}

it('watches 1,000 devices from start to end, across a reload and a restart of the gateway', async () => {
  const page = await viewing().open(scene(), '/refreshes', { isCut: true })
  // Of the same browser, which has six connections for all its pages.
  const [overview, table] = [await page.context().newPage(), await page.context().newPage()]
  await overview.goto('/')
  await table.goto('/devices')
  const id = await startFrom(page)
  await noteResults(page)
  // Every open page sees it.
  await overview.getByText('Refresh probing').waitFor()
  await table.getByText('Refresh probing').waitFor()
  await table.getByRole('row').nth(5).waitFor()
  // All parts of the page are there before the gateway is stopped.
  await overview.locator('figure.map').waitFor()
  await expect.poll(() => done(page)).toBeGreaterThan(100)
  await page
    .getByRole('region', { name: 'Budgets' })
    .getByText(/of 200/)
    .first()
    .waitFor()
  await page
    .getByText(/per second/)
    .first()
    .waitFor()

  // Another one that was reloaded goes on where it was.
  const other = await viewing().open(scene(), `/refreshes/${id}`, { isCut: true })
  await expect.poll(() => done(other)).toBeGreaterThan(100)
  await other.reload()
  await expect.poll(() => done(other)).toBeGreaterThan(100)

  await scene().stop()
  await page.getByText('Connection cut; catches up when it is back').waitFor()
  const before = await done(page)
  expect(before).toBeLessThan(DEVICES)
  await scene().startAgain()
  await page.getByText('Connection cut; catches up when it is back').waitFor({ state: 'detached' })
  await expect.poll(() => done(page), { timeout: 60_000 }).toBeGreaterThan(before)
  await page.getByRole('heading', { name: /^Refresh completed/ }).waitFor({ timeout: 60_000 })

  // Each device once: nothing was left out, nothing came twice.
  const shown = await page.evaluate(() => window.shown)
  const { devices } = await scene().ask<{ devices: { nodes: { id: string }[] } }>(
    `{ devices(first: ${DEVICES}) { nodes { id } } }`,
  )
  expect(shown.toSorted()).toEqual(devices.nodes.map((device) => `/devices/${device.id}`).sort())
  expect(await done(page)).toBe(DEVICES)
  const outcomes = await outcomesOf(scene(), id)
  expect(outcomes).toMatchObject({ SUPPORTED: 992, TIMEOUT: 8 })
  const counts = page.getByRole('region', { name: 'Results by outcome' })
  expect(await counts.getByRole('row', { name: /^supported/ }).innerText()).toContain('992')
  await overview.getByText(/Last refresh/).waitFor()
  await overview.getByText('992', { exact: true }).first().waitFor()
})

it('shows the results of one outcome, and retries what failed', async () => {
  const page = await viewing().open(scene(), '/refreshes')
  await page.getByRole('row').nth(1).getByRole('link').first().click()
  const counts = page.getByRole('region', { name: 'Results by outcome' })
  await counts
    .getByRole('row', { name: /^timeout/ })
    .getByRole('link')
    .click()
  await page.getByRole('heading', { name: /^8 results with timeout/ }).waitFor()
  expect(await page.getByRole('region', { name: 'Results', exact: true }).getByRole('row').count()).toBe(9)
  await page.getByRole('button', { name: 'Retry 8' }).click()
  await page.getByText('again for what failed in').waitFor()
  await page.getByText('8 of 8').waitFor({ timeout: 60_000 })
})

it('holds the newest results still under the pointer, and cancels', async () => {
  const page = await viewing().open(scene(), '/refreshes')
  const id = await startFrom(page)
  const newest = page.getByRole('region', { name: 'Newest results' })
  await newest.getByRole('row').nth(5).waitFor()
  await newest.getByRole('row').nth(2).hover()
  await page.getByText('paused while you point at them').waitFor()
  const held = await newest.getByRole('row').allInnerTexts()
  const seen = await done(page)
  await expect.poll(() => done(page)).toBeGreaterThan(seen + 50)
  expect(await newest.getByRole('row').allInnerTexts()).toEqual(held)
  await page.mouse.move(0, 0)
  await expect.poll(() => newest.getByRole('row').allInnerTexts()).not.toEqual(held)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('heading', { name: /^Refresh cancelled/ }).waitFor()
  const { refresh } = await scene().ask<{ refresh: { state: string } }>(
    'query ($id: ID!) { refresh(id: $id) { state } }',
    { id },
  )
  expect(refresh.state).toBe('CANCELLED')
})

it('needs no connection while nobody sees it, and catches up', async () => {
  const page = await viewing().open(scene(), '/devices?q=site:Berlin&columns=probed')
  const lines: string[] = []
  page.on('requestfailed', (request) => lines.push(request.postData() ?? ''))
  await page.getByRole('row').nth(1).waitFor()
  await setVisible(page, false)
  await expect.poll(() => lines.filter((body) => body.includes('subscription')).length).toBeGreaterThan(1)
  const times = () =>
    page
      .getByRole('row')
      .locator('time')
      .evaluateAll((all) => all.map((each) => each.getAttribute('datetime')))
  const before = await times()
  await scene().gateway.refreshes.ended(
    (
      await scene().gateway.refreshes.request({
        trigger: 'MUTATION',
        requestedBy: 'admin',
        scope: {
          countryIds: [],
          siteIds: [],
          deviceIds: await scene().gateway.store.devices.matchingIds({ site: { name: { eq: 'Berlin' } } }),
        },
        sync: false,
        force: true,
      })
    ).refresh,
  )
  expect(await times()).toEqual(before)
  await setVisible(page, true)
  await expect.poll(async () => (await times()).every((time) => !before.includes(time))).toBe(true)
})

it('starts a refresh of a region, a country and a site from their pages', async () => {
  for (const [path, title] of [
    ['/regions/EMEA', null],
    ['/countries/Germany', 'over Germany'],
    ['/countries/Germany/sites/Berlin', 'over Berlin'],
  ] as const) {
    const page = await viewing().open(scene(), path)
    await page.getByRole('button', { name: /^Probe [\d,]+…/ }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Probe/ })
      .click()
    await page.waitForURL(/\/refreshes\//)
    await page.getByRole('heading', { name: title ?? /over \d+ devices/ }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: /^Refresh cancelled/ }).waitFor()
  }
})
