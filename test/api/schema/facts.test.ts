import { describe, expect, it } from 'vitest'
import { record } from '../../store/support/fixture.ts'
import { startGatewayOver } from '../../support/gateway.ts'
import { startLabDevice } from '../../support/lab-device.ts'

const IETF_SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system'
const FACTS = '{ facts { hostname vendor model osVersion serialNumber readFrom readAt } }'
const CREDENTIALS = [{ name: 'lab', username: 'netops', password: 'correct horse', match: null }]

function systemState(version: string): string {
  return `<data><system-state xmlns="${IETF_SYSTEM}"><platform><os-name>LabOS</os-name><os-release>${version}</os-release><os-version>#1 SMP</os-version><machine>x86_64</machine></platform></system-state></data>`
}

/** Two devices that tell their version until they are told not to, and one that has nothing to tell by. */
async function startLab(probe: { facts?: boolean } = {}) {
  const versions: (string | null)[] = ['17.09.04a', '17.12.01']
  const talkers = await Promise.all(
    versions.map((_version, index) =>
      startLabDevice({
        capabilities: [`${IETF_SYSTEM}?module=ietf-system&amp;revision=2014-08-06`],
        answer: (rpc) => {
          if (!rpc.includes('system-state')) return null
          const version = versions[index]
          if (version) return systemState(version)
          return '<rpc-error><error-type>application</error-type><error-tag>access-denied</error-tag><error-severity>error</error-severity></rpc-error>'
        },
      }),
    ),
  )
  const mute = await startLabDevice()
  const records = [...talkers, mute].map(({ host, port }, index) =>
    record(`France/Paris/r${index + 1}`, { address: host, port }),
  )
  const running = await startGatewayOver(records, { credentials: CREDENTIALS, probe })
  const names = async (filter: object) => {
    const query = 'query ($filter: DeviceFilter) { devices(filter: $filter) { nodes { name } totalCount } }'
    const { devices } = await running.ask<{ devices: { nodes: { name: string }[] } }>(query, { filter })
    return devices.nodes.map(({ name }) => name)
  }
  const facts = async (name: string) =>
    (
      await running.ask<{ device: { facts: Record<string, unknown> | null } }>(
        `query ($name: String!) { device(name: $name) ${FACTS} }`,
        { name },
      )
    ).device.facts
  return { ...running, versions, names, facts }
}

describe('the facts of a device', () => {
  it('are stored, and devices can be filtered by them', async () => {
    const { refresh, facts, names } = await startLab()
    await refresh()
    expect(await facts('r1')).toMatchObject({ readFrom: 'ietf-system', readAt: expect.any(String) })
    expect((await facts('r1'))?.osVersion).toContain('17.09.04a')
    expect(await facts('r3')).toBeNull()
    expect(await names({ osVersion: { contains: '17.09' } })).toEqual(['r1'])
    expect(await names({ osVersion: { contains: '17.' }, not: { name: { eq: 'r1' } } })).toEqual(['r2'])
    expect(await names({ not: { osVersion: { contains: '17.09' } } })).toEqual(['r2', 'r3'])
  })

  it('are kept if a later probe cannot read them, and its outcome stays the same', async () => {
    const { refresh, facts, versions, ask } = await startLab()
    await refresh()
    const before = await facts('r1')
    versions[0] = null
    versions[1] = '17.15.02'
    await refresh()
    expect(await facts('r1')).toEqual(before)
    expect((await facts('r2'))?.osVersion).toContain('17.15.02')
    const refused = ['The device refused to tell the facts of ietf-system (access-denied).']
    expect(await ask('{ devices { nodes { lastProbe { outcome notes } } } }')).toEqual({
      devices: {
        nodes: [refused, [], []].map((notes) => ({ lastProbe: { outcome: 'SUPPORTED', notes } })),
      },
    })
  })

  it('are not read if the configuration turns that off', async () => {
    const { refresh, facts } = await startLab({ facts: false })
    await refresh()
    expect(await facts('r1')).toBeNull()
  })
})

describe('the algorithms of a probe', () => {
  it('are stored with the probe; null if it negotiated none', async () => {
    const { host, port } = await startLabDevice()
    const records = [
      record('France/Paris/r1', { address: host, port }),
      record('France/Paris/r2', { address: host, port: 1 }),
    ]
    const { refresh, ask } = await startGatewayOver(records, { credentials: CREDENTIALS })
    await refresh()
    const query = '{ devices { nodes { lastProbe { algorithms { kex cipher mac hostKey legacy } } } } }'
    expect(await ask(query)).toEqual({
      devices: {
        nodes: [
          {
            lastProbe: {
              algorithms: {
                kex: expect.stringMatching(/^curve25519-sha256/),
                cipher: 'aes128-gcm@openssh.com',
                mac: null,
                hostKey: 'ssh-ed25519',
                legacy: false,
              },
            },
          },
          { lastProbe: { algorithms: null } },
        ],
      },
    })
  })
})
