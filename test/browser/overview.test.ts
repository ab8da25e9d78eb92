import { expect, it } from 'vitest'
import { browserOfFile } from './support/browser.ts'
import { ONE_OF_EACH } from './support/faults.ts'
import { sceneOfFile } from './support/scene.ts'

const scene = sceneOfFile({
  devices: 600,
  faulty: ONE_OF_EACH.length,
  faults: ONE_OF_EACH,
  config: ({ username, password }) => ({
    probe: { timeoutMs: 5_000 },
    credentials: [
      { name: 'core', username, password: 'wrong', match: { site: 'Berlin' } },
      { name: 'default', username, password, match: null },
    ],
    throttle: { suspendCredentialAfter: 3 },
  }),
  async prepare(scene) {
    await scene.refresh()
    // One country that no map has.
    const [first, ...others] = scene.records
    if (!first) throw new Error('no devices')
    await scene.writeInventory([{ ...first, country: 'Atlantis', site: 'Poseidonis' }, ...others])
  },
})
const viewing = browserOfFile()

interface Summary {
  devices: number
  supported: number
  byOutcome: { outcome: string; count: number }[]
}

it('shows the totals with their change since the cycle before, each a link to its devices', async () => {
  const page = await viewing().open(scene(), '/')
  const { summary, refreshes } = await scene().ask<{
    summary: Summary
    refreshes: { nodes: { summary: Summary }[] }
  }>(`{
    summary { devices supported byOutcome { outcome count } }
    refreshes(first: 2, state: [COMPLETED]) { nodes { summary { devices supported byOutcome { outcome count } } } }
  }`)
  const table = page.getByRole('region', { name: 'By outcome' })
  await table.getByRole('row').nth(2).waitFor()
  const before = refreshes.nodes[1]?.summary
  for (const { outcome, count } of summary.byOutcome) {
    const by = count - (before?.byOutcome.find((entry) => entry.outcome === outcome)?.count ?? 0)
    const change = by === 0 ? '' : `${by > 0 ? '+' : '−'}${Math.abs(by)}`
    const name = outcome.toLowerCase().replaceAll('_', ' ')
    const cells = await table
      .getByRole('row', { name: new RegExp(`^${name}`) })
      .getByRole('cell')
      .allInnerTexts()
    expect([outcome, cells[1], cells[3]]).toEqual([outcome, String(count), change])
  }
  // The second refresh found changed keys.
  await table
    .getByRole('row', { name: /^host key changed/ })
    .getByRole('link')
    .click()
  await page.getByText(/^1 match$/).waitFor()
})

it('lists what needs a person, and leads there', async () => {
  const page = await viewing().open(scene(), '/')
  const needs = page.getByRole('region', { name: 'Needs you' })
  await needs.getByText(/The credential “core” is suspended/).waitFor()
  await needs.getByText('1 host key changed').waitFor()
  await needs.getByRole('link', { name: /^review: 1 host key/ }).click()
  await page.getByText(/^1 match$/).waitFor()
  await page.goBack()
  await needs.getByRole('button', { name: /^Resume/ }).click()
  await page
    .getByText(/Refresh (queued|probing|completed)|Last refresh/)
    .first()
    .waitFor()
})

it('draws the coverage, and leads to the refresh of a dip', async () => {
  const page = await viewing().open(scene(), '/')
  const chart = page.getByRole('region', { name: 'Coverage over time' })
  await chart.locator('canvas').waitFor()
  expect(await chart.getByRole('img').getAttribute('aria-label')).toMatch(
    /^Coverage of the last \d+ refreshes, now/,
  )
  await chart.locator('.u-over').click({ position: { x: 5, y: 60 } })
  await page.waitForURL(/\/refreshes\//)
})

it('shades countries on a map, lists those that it cannot place, and drills down to a device', async () => {
  const page = await viewing().open(scene(), '/')
  const germany = page.getByRole('link', { name: /^Germany: \d/ })
  await germany.waitFor()
  await page.getByText('Not on the map:').waitFor()
  await page.getByRole('link', { name: 'Atlantis' }).first().waitFor()
  await germany.click()
  await page.getByRole('heading', { name: 'Germany' }).waitFor()
  await page.getByRole('link', { name: 'EMEA' }).click()
  await page.getByRole('heading', { name: 'EMEA' }).waitFor()
  await page.getByRole('link', { name: 'Germany' }).click()
  await page.getByRole('link', { name: 'Frankfurt' }).click()
  await page.getByRole('heading', { name: 'Frankfurt' }).waitFor()
  await page.getByRole('row').nth(4).getByRole('link').click()
  await page.getByRole('heading', { name: 'Facts' }).waitFor()
})

it('tries again for a part that could not be loaded, as while the gateway restarts', async () => {
  const page = await viewing().open(scene(), '/refreshes', { isCut: true })
  await page.getByRole('row').nth(1).waitFor()
  let failures = 0
  await page.route(/assets\/(overview|coverage-chart|world-map|countries)-.*\.js(on)?$/, (route) => {
    if (failures === 3) return route.continue()
    failures += 1
    return route.abort('connectionrefused')
  })
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByRole('link', { name: /^Germany: \d/ }).waitFor()
  await page.locator('.chart canvas').waitFor()
  expect(failures).toBe(3)
})

it('fetches the map again, without a reload, if that has failed once', async () => {
  const page = await viewing().open(scene(), '/refreshes', { isCut: true })
  await page.getByRole('row').nth(1).waitFor()
  await page.evaluate(() => document.documentElement.setAttribute('data-kept', ''))
  let failures = 0
  await page.route(/assets\/countries-.*\.json$/, (route) => {
    if (failures === 1) return route.continue()
    failures += 1
    return route.abort('connectionrefused')
  })
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.locator('.map svg path').first().waitFor()
  expect(failures).toBe(1)
  expect(await page.locator('html[data-kept]').count()).toBe(1)
})

it('loads less than 120 kB of compressed script at first, and nothing from elsewhere', async () => {
  const page = await viewing().open(scene(), '/')
  await page.getByRole('link', { name: /^Germany: \d/ }).waitFor()
  await page.locator('.chart canvas').waitFor()
  const sizes = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter((entry): entry is PerformanceResourceTiming => entry.name.endsWith('.js'))
      .map(({ name, encodedBodySize, decodedBodySize }) => ({ name, encodedBodySize, decodedBodySize })),
  )
  expect(sizes.length).toBeGreaterThan(2)
  const total = sizes.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
  process.stdout.write(`first load: ${total} bytes of compressed script in ${sizes.length} files\n`)
  expect(total).toBeGreaterThan(20_000)
  expect(total).toBeLessThan(120_000)
  for (const { encodedBodySize, decodedBodySize } of sizes)
    expect(encodedBodySize).toBeLessThan(decodedBodySize)
})
