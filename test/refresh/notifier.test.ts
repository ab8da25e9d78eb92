import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import type { Receiver } from '../../src/config/notify-schema.ts'
import { Notifier } from '../../src/refresh/notifier.ts'
import type { RefreshService } from '../../src/refresh/refresh-service.ts'
import type { Store } from '../../src/store/store.ts'
import { record } from '../store/support/fixture.ts'
import { startGatewayOver } from '../support/gateway.ts'
import { type LabDevice, startLabDevice } from '../support/lab-device.ts'
import { startReceiver } from './support/receiver.ts'
import { many, newFile } from './support/syncing.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()
const CREDENTIALS = [{ name: 'lab', username: 'netops', password: 'horse', match: null }]

function newNotifier(receiver: Receiver, { store, service }: { store: Store; service: RefreshService }) {
  const notifier = new Notifier({ receivers: [receiver], store, clock: systemClock, log: silentLogger })
  onTestFinished(() => notifier.close())
  notifier.follow(service.events)
  return notifier
}

async function labDevices(count: number) {
  const devices: LabDevice[] = []
  for (let index = 0; index < count; index += 1) devices.push(await startLabDevice())
  const records = devices.map(({ host, port }, index) =>
    record(`France/Paris/d${index}`, { address: host, port }),
  )
  return { devices, records }
}

it('tells of a credential at its suspension', async () => {
  const { receiver, bodies, received } = await startReceiver()
  const wrong = { name: 'wrong', match: null, ...twelve.fleet.credential, password: 'not this' }
  const parts = await twelve.service({
    credentials: [{ ...wrong, privateKey: undefined }],
    throttle: { suspendCredentialAfter: 3 },
  })
  newNotifier(receiver, parts)
  await twelve.refresh(parts.service)
  await received(1)
  expect(bodies()).toMatchObject([
    {
      type: 'credential.suspended',
      data: {
        message:
          'The credential "wrong" is suspended because devices rejected its last 3 logins. Correct it, then resume it.',
        credential: { name: 'wrong', rejections: 3 },
      },
    },
  ])
})

it('tells of devices with another host key once per refresh, and of the coverage that fell', async () => {
  const { receiver, requests, bodies, received } = await startReceiver()
  const tolerant = await startReceiver(undefined, { coverageDrop: 0.4, on: ['coverage.dropped'] })
  const { devices, records } = await labDevices(5)
  const notify = [receiver, tolerant.receiver]
  const { refresh, ask } = await startGatewayOver(records, { credentials: CREDENTIALS, notify })
  await refresh()
  for (const device of devices.slice(0, 2)) device.changeHostKey()
  await refresh()
  await received(2)
  const told = Object.fromEntries(bodies().map(({ type, data }) => [type, data]))
  expect(told['hostkey.changed']).toMatchObject({
    message: expect.stringMatching(
      /^2 devices offer another host key than the known one: d[01], d[01]\. Find out why/,
    ),
    count: 2,
    devices: [{ name: expect.stringMatching(/^d[01]$/) }, { name: expect.stringMatching(/^d[01]$/) }],
  })
  expect(told['coverage.dropped']).toMatchObject({
    message: '3 of 5 devices are supported, 2 fewer than after the last refresh.',
    after: { supported: 3, devices: 5 },
    before: { supported: 5, devices: 5 },
  })
  // The ids are those of the API.
  const id = told['hostkey.changed']?.refresh as { id: string }
  expect(await ask('query ($id: ID!) { refresh(id: $id) { state } }', id)).toEqual({
    refresh: { state: 'COMPLETED' },
  })

  // Nothing has changed since, and another drop is told after it.
  await refresh()
  devices[2]?.changeHostKey()
  await refresh()
  await received(4)
  expect(bodies().map(({ type }) => type)).toHaveLength(4)
  expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(4)
  expect(tolerant.requests).toHaveLength(0)
})

it('tells nothing of the coverage after a refresh of a part', async () => {
  const { receiver, bodies, received } = await startReceiver()
  const { devices, records } = await labDevices(3)
  const { refresh, gateway } = await startGatewayOver(records, {
    credentials: CREDENTIALS,
    notify: [receiver],
  })
  await refresh()
  devices[0]?.changeHostKey()
  const scope = await twelve.scopeOf(gateway.store, { devices: ['d0'] })
  const { refresh: row } = await gateway.refreshes.request(
    twelve.refreshRequest({ scope, sync: true, force: true }),
  )
  await gateway.refreshes.ended(row)
  await received(1)
  await gateway.close()
  expect(bodies().map(({ type }) => type)).toEqual(['hostkey.changed'])
})

it('tells of a plan that awaits approval once, although each sync makes it again', async () => {
  const { receiver, bodies, received } = await startReceiver()
  const { source, write } = await newFile()
  const parts = await twelve.service({ sources: [source] })
  const notifier = newNotifier(receiver, parts)
  const sync = () => parts.service.syncInventory({ dryRun: false, requestedBy: null })
  await write(many('r', 40))
  await sync()
  await write(many('r', 10))
  await sync()
  const [plan] = await sync()
  await write(many('r', 9))
  await sync()
  await received(2)
  await notifier.close()
  expect(plan).toMatchObject({ state: 'AWAITING_APPROVAL', decommissioned: 30 })
  expect(bodies().map(({ type, data }) => [type, data.plan])).toMatchObject([
    ['plan.awaiting', { source: 'global', decommissioned: 30, moved: 0 }],
    ['plan.awaiting', { source: 'global', decommissioned: 31, moved: 0 }],
  ])
  expect(bodies()[0]?.data.message).toMatch(/^A sync plan of the source "global" awaits approval: .+\.$/)
})

it('tells of a plan again if its changes come back after they were settled', async () => {
  const { receiver, bodies, received } = await startReceiver()
  const { source, write } = await newFile()
  const parts = await twelve.service({ sources: [source] })
  const notifier = newNotifier(receiver, parts)
  const sync = async (count: number) => {
    await write(many('r', count))
    await parts.service.syncInventory({ dryRun: false, requestedBy: null })
  }
  await sync(40)
  await sync(10)
  await received(1)
  await sync(40)
  await sync(10)
  await received(2)
  await notifier.close()
  const [first, second] = bodies()
  expect(second?.data.plan).toMatchObject({ decommissioned: 30 })
  expect(second?.id).not.toBe(first?.id)
})

it('tells of a plan with the same id after a restart, although a new plan has the changes', async () => {
  const { receiver, bodies, received } = await startReceiver()
  const { source, write } = await newFile()
  const parts = await twelve.service({ sources: [source] })
  const sync = async (count: number) => {
    await write(many('r', count))
    await parts.service.syncInventory({ dryRun: false, requestedBy: null })
  }
  await sync(40)
  const before = newNotifier(receiver, parts)
  await sync(10)
  await received(1)
  await before.close()
  const after = newNotifier(receiver, parts)
  await sync(10)
  await received(2)
  await after.close()
  const [first, second] = bodies()
  expect(second?.id).toBe(first?.id)
  expect(second?.data.plan).not.toEqual(first?.data.plan)
})

describe('a receiver that hangs', () => {
  it('delays neither a refresh nor a query', async () => {
    const { receiver, received, requests } = await startReceiver(() => undefined)
    const { devices, records } = await labDevices(3)
    const gateway = await startGatewayOver(records, { credentials: CREDENTIALS, notify: [receiver] })
    await gateway.refresh()
    for (const device of devices.slice(0, 2)) device.changeHostKey()
    await gateway.refresh()
    await received(2)
    await gateway.refresh()
    expect(await gateway.ask('{ refreshes { nodes { state } } }')).toEqual({
      refreshes: { nodes: Array(3).fill({ state: 'COMPLETED' }) },
    })
    // Both still wait for an answer.
    expect(requests).toHaveLength(2)
    const metrics = await (await fetch(`${gateway.gateway.url}/metrics`)).text()
    const label = `receiver="${new URL(receiver.url).host}"`
    expect(metrics).toContain(`rollcall_webhooks_pending{${label}} 2`)
    expect(metrics).toContain(`rollcall_webhooks_total{${label},result="delivered"} 0`)
  })
})
