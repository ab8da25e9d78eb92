import { join } from 'node:path'
import { expect, it } from 'vitest'
import { browserOfFile } from './support/browser.ts'
import { sceneOfFile } from './support/scene.ts'

const strict = sceneOfFile({
  devices: 40,
  faulty: 0,
  config: () => ({
    persistedOperations: { file: join(import.meta.dirname, 'support/operations.json'), only: true },
  }),
})
const viewing = browserOfFile()

it('works on a gateway that allows only known operations', async () => {
  const page = await viewing().open(strict(), '/')
  await page.getByRole('link', { name: /^Germany: \d/ }).waitFor()
  for (const path of ['/devices?q=held:no', '/refreshes', '/plans', '/changes', '/countries/Germany']) {
    await page.goto(path)
    await page.getByRole('row').nth(1).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  }
  await page.getByRole('button', { name: /^Probe/ }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Probe/ })
    .click()
  await page.getByRole('heading', { name: /^Refresh completed/ }).waitFor()
})
