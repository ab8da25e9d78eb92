import { expect, onTestFinished, test } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import { startFleet } from '../../src/simulator/fleet.ts'
import { probeTask } from '../support/probe-task.ts'

test('devices return facts through the module of their platform', async () => {
  const fleet = await startFleet({ devices: 60, faulty: 0 })
  onTestFinished(() => fleet.close())
  const told = await Promise.all(
    fleet.inventory.map(async ({ name, address, port, platform }) => {
      const task = probeTask({ host: address, port, credential: fleet.credential, readFacts: true })
      const { outcome, facts } = await probe(task, new AbortController().signal)
      expect(outcome).toBe('SUPPORTED')
      // Early releases of some platforms have none of the modules; OpenConfig's and the IETF's name no host.
      expect(facts?.hostname ?? name).toBe(name)
      return facts && `${platform} ${facts.vendor} ${facts.readFrom}`
    }),
  )
  expect([...new Set(told)].filter((line) => line !== null).sort()).toEqual([
    'iosxe Cisco ietf-hardware',
    'iosxr Cisco ietf-hardware',
    'junos Juniper junos',
    'nxos Cisco openconfig-platform',
    'sros Nokia nokia-state',
    'vrp Huawei huawei-system',
  ])
})
