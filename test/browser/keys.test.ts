import { expect, it } from 'vitest'
import { browserOfFile } from './support/browser.ts'
import { sceneOfFile } from './support/scene.ts'

const scene = sceneOfFile({ devices: 300, faulty: 0 })
const viewing = browserOfFile()

it('goes to pages, devices, sites and countries by keys alone', async () => {
  const page = await viewing().open(scene(), '/')
  await page.getByRole('region', { name: 'By outcome' }).getByRole('row').nth(1).waitFor()
  for (const [keys, path] of [
    ['gd', '/devices'],
    ['gr', '/refreshes'],
    ['gp', '/plans'],
    ['gc', '/changes'],
    ['go', '/'],
  ] as const) {
    for (const key of keys) await page.keyboard.press(key)
    await expect.poll(() => new URL(page.url()).pathname).toBe(path)
  }
  await page.keyboard.press('/')
  const search = page.getByLabel('Device, site, country or page')
  await expect.poll(() => search.evaluate((element) => element === document.activeElement)).toBe(true)
  await search.fill('frankf')
  await page.getByRole('option', { name: /^Frankfurt/ }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Frankfurt' }).waitFor()
  await page.keyboard.press('Control+k')
  await search.fill('Jap')
  await page.getByRole('option', { name: /^Japan/ }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Japan' }).waitFor()
  await page.keyboard.press('Control+k')
  await search.fill('start a')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).waitFor()
  await page.keyboard.press('Escape')
  for (const [typed, title] of [
    ['refresh frankf', 'Probe the devices of Frankfurt?'],
    ['probe japan', 'Probe the devices of Japan?'],
    ['start a refresh of emea', 'Probe the devices of EMEA?'],
  ] as const) {
    await page.keyboard.press('Control+k')
    await search.fill(typed)
    await page
      .getByRole('option', { name: /^Refresh / })
      .first()
      .waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: title }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  // Who presses Enter before the answer is there gets what was typed, not what was found before.
  await page.keyboard.press('Control+k')
  await search.fill('refresh japan')
  await page.getByRole('option', { name: /^Refresh Japan/ }).waitFor()
  await search.fill('refresh germany')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Probe the devices of Germany?' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('?')
  await page.getByRole('heading', { name: 'Keys' }).waitFor()
})

it('moves over the rows of the table, selects, probes and opens by keys', async () => {
  const page = await viewing().open(scene(), '/devices')
  await page.getByRole('row').nth(5).waitFor()
  for (const key of ['j', 'j', 'x', 'j', 'j', 'X']) await page.keyboard.press(key)
  await page.getByText('3 selected', { exact: true }).waitFor()
  const name = await page.locator('.device-row.cursor').getByRole('link').innerText()
  await page.keyboard.press('p')
  await page.getByRole('dialog').getByRole('button', { name: 'Probe 3' }).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name, exact: true }).waitFor()
})

it('has nothing that moves if the viewer wants no motion', async () => {
  const page = await viewing().open(scene(), '/', { reducedMotion: 'reduce' })
  await page.getByRole('region', { name: 'By outcome' }).getByRole('row').nth(1).waitFor()
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll('*')].filter((element) => {
        const { animationName, transitionDuration } = getComputedStyle(element)
        return animationName !== 'none' || transitionDuration.split(', ').some((each) => each !== '0s')
      }).length,
  )
  expect(moving).toBe(0)
})

it('remembers the colours that were chosen', async () => {
  const page = await viewing().open(scene(), '/')
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await ground()
  await page.getByRole('button', { name: /^Colours: system/ }).click()
  const dark = await ground()
  expect(dark).not.toBe(light)
  await page.reload()
  await page.getByRole('button', { name: /^Colours: dark/ }).waitFor()
  expect(await ground()).toBe(dark)
})

it.each([
  ['/countries/%E0%A4%A', 'There is no such place: %E0%A4%A.'],
  ['/regions/%', 'There is no such place: %.'],
  ['/countries//sites/', 'There is no such place: sites.'],
  ['/x//evil.example/', 'There is no such page'],
])('says what is wrong with the address %s', async (path, message) => {
  const page = await viewing().open(scene(), path)
  await page.getByText(message, { exact: true }).waitFor()
})
