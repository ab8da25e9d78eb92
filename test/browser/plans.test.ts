import { expect, it } from 'vitest'
import { browserOfFile } from './support/browser.ts'
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
  await overview.getByRole('heading', { name: 'Would go: 70' }).waitFor()
  const section = overview.getByRole('region', { name: 'Would go' })
  const names = (await section.getByRole('row').getByRole('link').allInnerTexts()).sort()
  expect(names).toEqual(gone.map(({ name }) => name).sort())

  const viewer = await viewing().open(scene(), new URL(overview.url()).pathname, { role: 'OPERATOR' })
  await viewer.getByRole('heading', { name: 'Would go: 70' }).waitFor()
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
  await page.getByRole('heading', { name: 'Went: 71' }).waitFor()
  expect(await count()).toEqual({ devices: 49 })
  await page.getByRole('link', { name: 'Changes' }).click()
  await page.getByRole('cell', { name: 'decommissioned' }).first().waitFor()
})
