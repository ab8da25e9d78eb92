import { describe, expect, it } from 'vitest'
import { record } from '../../store/support/fixture.ts'
import { startGatewayOver } from '../../support/gateway.ts'
import { ask as post } from '../../support/graphql-answer.ts'
import { startLabDevice } from '../../support/lab-device.ts'

const DEVICE = `{
  device(name: "r1") {
    id
    hostKey { algorithm fingerprint state firstSeenAt offeredFingerprint }
    probeHold
    nextProbeAt
    lastProbe { outcome }
    probes(first: 1) { nodes { outcome message } }
  }
}`

const TRUST = `mutation ($deviceId: ID!, $fingerprint: String!) {
  trustHostKey(deviceId: $deviceId, fingerprint: $fingerprint) {
    device { hostKey { fingerprint state offeredFingerprint } probeHold nextProbeAt }
  }
}`

interface DeviceAnswer {
  device: {
    id: string
    hostKey: {
      fingerprint: string
      state: string
      firstSeenAt: string
      offeredFingerprint: string | null
    } | null
    probeHold: string | null
    nextProbeAt: string | null
    lastProbe: { outcome: string } | null
    probes: { nodes: { outcome: string; message: string | null }[] }
  }
}

async function startLab() {
  const device = await startLabDevice()
  const { refresh, ask, url } = await startGatewayOver(
    [record('France/Paris/r1', { address: device.host, port: device.port })],
    { credentials: [{ name: 'lab', username: 'netops', password: 'correct horse', match: null }] },
  )
  await refresh()
  const shown = async () => (await ask<DeviceAnswer>(DEVICE)).device
  return { device, refresh, ask, url, shown }
}

describe('the host key of a device', () => {
  it('is trusted on first use; a changed key holds the device until it is trusted', async () => {
    const { device, refresh, url, shown } = await startLab()
    const first = device.hostKey.fingerprint
    const trusted = await shown()
    expect(trusted).toMatchObject({
      hostKey: { algorithm: 'ssh-ed25519', fingerprint: first, state: 'TRUSTED', offeredFingerprint: null },
      probeHold: null,
      nextProbeAt: expect.any(String),
      lastProbe: { outcome: 'SUPPORTED' },
    })

    const second = device.changeHostKey().fingerprint
    await refresh()
    const changed = await shown()
    expect(changed).toMatchObject({
      hostKey: { ...trusted.hostKey, state: 'CHANGED', offeredFingerprint: second },
      probeHold: 'HOST_KEY_CHANGED',
      nextProbeAt: null,
      lastProbe: { outcome: 'HOST_KEY_CHANGED' },
    })

    await refresh()
    const held = await shown()
    expect(held).toMatchObject({ ...changed, probes: { nodes: [{ outcome: 'SKIPPED' }] } })
    expect(held.probes.nodes[0]?.message).toContain(second)
    expect(device.passwords).toHaveLength(1)

    expect(await post(url, TRUST, { deviceId: held.id, fingerprint: second })).toEqual({
      data: {
        trustHostKey: {
          device: {
            hostKey: { fingerprint: second, state: 'TRUSTED', offeredFingerprint: null },
            probeHold: null,
            nextProbeAt: trusted.nextProbeAt,
          },
        },
      },
    })
    await refresh()
    expect(await shown()).toMatchObject({ lastProbe: { outcome: 'SUPPORTED' }, probeHold: null })
  })

  it('is null, like its facts, before the first connection', async () => {
    const { ask, refresh } = await startGatewayOver([record('France/Paris/r1')], { credentials: [] })
    await refresh()
    const query = '{ devices { nodes { hostKey { state } facts { readAt } probes { nodes { outcome } } } } }'
    expect(await ask(query)).toEqual({
      devices: { nodes: [{ hostKey: null, facts: null, probes: { nodes: [{ outcome: 'SKIPPED' }] } }] },
    })
  })
})

describe('trustHostKey', () => {
  it.each<[string, (id: string, known: string) => object, string]>([
    [
      'a device that there is not',
      (_id, known) => ({ deviceId: idOf('Device:999'), fingerprint: known }),
      'NOT_FOUND',
    ],
    [
      'the id of something else',
      (_id, known) => ({ deviceId: idOf('Site:1'), fingerprint: known }),
      'BAD_USER_INPUT',
    ],
    [
      'a device that offered no other key',
      (deviceId, known) => ({ deviceId, fingerprint: known }),
      'CONFLICT',
    ],
  ])('refuses %s', async (_name, variablesOf, code) => {
    const { url, shown } = await startLab()
    const { id, hostKey } = await shown()
    const { data, errors } = await post(url, TRUST, variablesOf(id, hostKey?.fingerprint ?? ''))
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['trustHostKey'], extensions: { code } }])
  })

  it('refuses any fingerprint but the offered one, and then changes nothing', async () => {
    const { device, refresh, url, shown } = await startLab()
    const { fingerprint } = device.changeHostKey()
    await refresh()
    const before = await shown()
    for (const other of [before.hostKey?.fingerprint, fingerprint.slice(0, -1), '', 'SHA256:']) {
      const { errors } = await post(url, TRUST, { deviceId: before.id, fingerprint: other })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      expect(errors?.[0]?.message).toContain(fingerprint)
    }
    expect(await shown()).toEqual(before)
  })

  it('returns the trusted key, even if the request has read the former one before', async () => {
    const { device, refresh, ask, shown } = await startLab()
    const { fingerprint } = device.changeHostKey()
    await refresh()
    const { id } = await shown()
    const { refreshes } = await ask<{ refreshes: { nodes: { id: string }[] } }>(
      '{ refreshes { nodes { id } } }',
    )
    // A refresh that has ended is left as it is.
    const both = `mutation ($refreshId: ID!, $id: ID!, $fingerprint: String!) {
      cancelRefresh(id: $refreshId) { refresh { probes { nodes { device { hostKey { state } } } } } }
      trustHostKey(deviceId: $id, fingerprint: $fingerprint) { device { hostKey { state } probeHold } }
    }`
    expect(await ask(both, { refreshId: refreshes.nodes[0]?.id, id, fingerprint })).toEqual({
      cancelRefresh: { refresh: { probes: { nodes: [{ device: { hostKey: { state: 'CHANGED' } } }] } } },
      trustHostKey: { device: { hostKey: { state: 'TRUSTED' }, probeHold: null } },
    })
  })
})

function idOf(text: string): string {
  return Buffer.from(text).toString('base64url')
}
