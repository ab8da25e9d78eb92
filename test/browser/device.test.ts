import { expect, it } from 'vitest'
import { browserOfFile } from './support/browser.ts'
import { sceneOfFile } from './support/scene.ts'

const scene = sceneOfFile({
  devices: 12,
  faulty: 3,
  faults: ['host-key-changes', 'stalls-in-hello', 'refuses-subsystem'],
  config: () => ({ probe: { timeoutMs: 5_000 } }),
  prepare: (scene) => scene.refresh(),
})
const viewing = browserOfFile()

/** The id of a device whose last probe ended so. */
async function withOutcome(outcome: string): Promise<string> {
  const { devices } = await scene().ask<{ devices: { nodes: { id: string }[] } }>(
    'query ($filter: DeviceFilter) { devices(filter: $filter, first: 1) { nodes { id } } }',
    { filter: { outcome: [outcome] } },
  )
  if (!devices.nodes[0]) throw new Error(`No device has ended as ${outcome}.`)
  return devices.nodes[0].id
}

it('says what is wrong and what to do, with the phases and the probes before', async () => {
  const page = await viewing().open(scene(), `/devices/${await withOutcome('TIMEOUT')}`)
  await page.getByText('Check the device and the way to it: it did not answer in time.').waitFor()
  const phases = page.getByRole('region', { name: 'Phases of the last probe' }).getByRole('listitem')
  const texts = await phases.allInnerTexts()
  expect(texts.map((text) => text.split('\n')[0])).toEqual([
    // An address needs no resolving.
    'connect',
    'key exchange',
    'authenticate',
    'subsystem',
    'hello',
    'facts',
    'close',
  ])
  expect(texts[0]).toMatch(/s$/)
  expect(texts[4]).toMatch(/s ✕ timeout/)
  expect(texts[5]).toContain('not reached')
  const strip = page.getByRole('region', { name: 'Last probes' })
  expect(await strip.getByRole('listitem').count()).toBe(2)
  await strip.getByRole('list').focus()
  await page.keyboard.press('ArrowLeft')
  await strip.getByRole('link', { name: 'its refresh' }).click()
  await page.getByRole('heading', { name: /^Refresh completed/ }).waitFor()
})

it('searches capabilities', async () => {
  const page = await viewing().open(scene(), `/devices/${await withOutcome('SUPPORTED')}`)
  const list = page.getByRole('list', { name: 'List of capabilities' }).getByRole('listitem')
  await list.first().waitFor()
  const all = await list.count()
  await page.getByLabel('Search capabilities').fill('candidate')
  await expect.poll(() => list.count()).toBeLessThan(all)
  expect(await list.allInnerTexts()).toEqual(
    (await list.allInnerTexts()).filter((text) => text.includes('candidate')),
  )
})

it('shows both keys of a device that changed its own, and trusts the new one', async () => {
  const id = await withOutcome('HOST_KEY_CHANGED')
  const viewer = await viewing().open(scene(), `/devices/${id}`, { role: 'OPERATOR' })
  await viewer.getByText('The host key changed.').waitFor()
  expect(await viewer.getByRole('button', { name: /Trust/ }).count()).toBe(0)
  const page = await viewing().open(scene(), `/devices/${id}`)
  const { node } = await scene().ask<{
    node: { hostKey: { fingerprint: string; offeredFingerprint: string } }
  }>('query ($id: ID!) { node(id: $id) { ... on Device { hostKey { fingerprint offeredFingerprint } } } }', {
    id,
  })
  await page.getByText(node.hostKey.fingerprint, { exact: true }).first().waitFor()
  await page.getByText(node.hostKey.offeredFingerprint, { exact: true }).first().waitFor()
  await page.getByRole('button', { name: 'Trust the offered key…' }).click()
  await page.getByRole('button', { name: 'Trust this key' }).click()
  await page.getByText('The host key changed.').waitFor({ state: 'detached' })
  await page.getByRole('cell', { name: 'host key trusted' }).waitFor()
})

it('probes now, and shows the result as it arrives on every open page', async () => {
  const id = await withOutcome('SUPPORTED')
  const watching = await viewing().open(scene(), `/devices/${id}`, { role: 'VIEWER' })
  await watching.getByRole('heading', { name: 'Last 2 probes' }).waitFor()
  expect(await watching.getByRole('button', { name: 'Probe now' }).count()).toBe(0)
  const page = await viewing().open(scene(), `/devices/${id}`, { role: 'OPERATOR' })
  await page.getByRole('button', { name: 'Probe now' }).click()
  await page.getByRole('heading', { name: 'Last 3 probes' }).waitFor()
  await watching.getByRole('heading', { name: 'Last 3 probes' }).waitFor()
  await expect.poll(() => page.getByRole('button', { name: 'Probe now' }).isEnabled()).toBe(true)
})

it('decommissions one device, with a confirmation', async () => {
  const id = await withOutcome('NO_NETCONF')
  const page = await viewing().open(scene(), `/devices/${id}`)
  await page.getByRole('button', { name: 'Decommission…' }).click()
  await page.getByRole('button', { name: 'Decommission 1 device' }).click()
  await page.waitForURL(/\/devices$/)
  const { node } = await scene().ask<{ node: { lifecycle: string } }>(
    'query ($id: ID!) { node(id: $id) { ... on Device { lifecycle } } }',
    { id },
  )
  expect(node.lifecycle).toBe('DECOMMISSIONED')
})
