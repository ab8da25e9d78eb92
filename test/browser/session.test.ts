import { expect, it } from 'vitest'
import { AUDIENCE, ISSUER, newKey, sign } from '../support/jwt-issuer.ts'
import { browserOfFile } from './support/browser.ts'
import { sceneOfFile } from './support/scene.ts'

const key = await newKey('console')
const scene = sceneOfFile({ devices: 20, faulty: 0 })
const withJwt = sceneOfFile({
  devices: 20,
  faulty: 0,
  config: () => ({
    auth: {
      mode: 'jwt',
      keys: { set: { keys: [{ ...key.jwk, kty: 'EC' }] } },
      issuer: ISSUER,
      audience: AUDIENCE,
      roleClaim: 'role',
      nameClaim: 'sub',
      roles: null,
    },
  }),
})
const viewing = browserOfFile()

it('asks for a token, says what is wrong with one, and forgets it with the tab', async () => {
  const page = await viewing().open(scene(), '/devices?q=country:Germany', { role: null })
  await page.getByLabel('Token or JWT').fill('rollcall_wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('The token is not one that Rollcall accepts.').waitFor()
  for (const noToken of ['pass€word', 'Bearer rollcall_wrong']) {
    await page.getByLabel('Token or JWT').fill(noToken)
    await page.keyboard.press('Enter')
    await page.getByText('A token has no blanks and only ASCII characters.').waitFor()
    await page.getByLabel('Token or JWT').fill('')
  }
  await page.getByLabel('Token or JWT').fill(scene().tokens.VIEWER)
  await page.keyboard.press('Enter')
  await page
    .getByText(/match$/)
    .first()
    .waitFor()
  expect(new URL(page.url()).search).toBe('?q=country:Germany')
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('rollcall_')
  expect(await page.context().cookies()).toEqual([])
  const tab = await page.context().newPage()
  await tab.goto('/')
  await tab.getByLabel('Token or JWT').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You have signed out.').waitFor()
})

it('asks again when a JWT expires, and comes back to the same page', async () => {
  const now = Date.now()
  const seconds = Math.floor(now / 1_000)
  const short = await sign(key, now, { role: 'operator', exp: seconds + 5 })
  const page = await viewing().open(withJwt(), '/devices?q=country:Germany&columns=model', { token: short })
  await page
    .getByText(/match$/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await page.getByLabel('Token or JWT').fill(await sign(key, Date.now(), { role: 'viewer', sub: 'eve' }))
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Remove country:Germany' }).waitFor()
  await page.getByRole('columnheader', { name: 'Model' }).waitFor()
  await page.getByText('eve').waitFor()
  expect(new URL(page.url()).search).toBe('?q=country:Germany&columns=model')
  // The new one may do less.
  await page.getByRole('button', { name: /^Select all/ }).click()
  expect(await page.getByRole('button', { name: /^Probe/ }).count()).toBe(0)
})

it.each([
  ['VIEWER', [], ['Probe ', 'Decommission', 'Trust', 'Start a refresh']],
  ['OPERATOR', ['Probe ', 'Start a refresh'], ['Decommission', 'Trust']],
  ['ADMIN', ['Probe ', 'Start a refresh', 'Decommission', 'Trust'], []],
] as const)('offers a %s what the role allows', async (role, offered, hidden) => {
  const page = await viewing().open(scene(), '/devices', { role })
  await page.getByRole('button', { name: /^Select all/ }).click()
  await page
    .getByText(/selected/)
    .first()
    .waitFor()
  const buttons = await page.getByRole('button').allInnerTexts()
  await page.goto('/refreshes')
  await page.getByRole('row').nth(1).waitFor()
  buttons.push(...(await page.getByRole('button').allInnerTexts()))
  await page.keyboard.press('/')
  await page.getByLabel('Device, site, country or page').fill('start')
  const start = page.getByRole('option', { name: /Start a refresh/ })
  expect(await start.count()).toBe(role === 'VIEWER' ? 0 : 1)
  for (const name of offered) expect(buttons.some((text) => text.startsWith(name))).toBe(true)
  for (const name of hidden) expect(buttons.filter((text) => text.startsWith(name))).toEqual([])
})
