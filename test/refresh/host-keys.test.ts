import { appendFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/schema.ts'
import type { RefreshService } from '../../src/refresh/refresh-service.ts'
import type { HostKeyRow } from '../../src/store/results/host-key-store.ts'
import type { Store } from '../../src/store/store.ts'
import { idsByName, newStore, record, sync, temporaryFolder } from '../store/support/fixture.ts'
import { type LabDevice, startLabDevice } from '../support/lab-device.ts'
import { newService, probesOf, refreshRequest } from './support/fixture.ts'

const CREDENTIAL = { username: 'netops', password: 'correct horse' }

interface Lab {
  store: Store
  device: LabDevice
  deviceId: number
  /** Refreshes the device as configured, and tells how that went. */
  refresh(probing?: Partial<Config['probe']>): Promise<{ outcome: string; message: string | null }>
  hold(probing?: Partial<Config['probe']>): Promise<string | null>
  /** Of the service that refreshes as configured. */
  service(probing?: Partial<Config['probe']>): RefreshService
  hostKey(): Promise<HostKeyRow | undefined>
}

async function startLab(): Promise<Lab> {
  const device = await startLabDevice()
  const { store } = await newStore()
  await sync(store, [record('France/Paris/r1', { address: device.host, port: device.port })])
  const { r1: deviceId = 0 } = await idsByName(store)
  const service = (probing: Partial<Config['probe']> = {}) =>
    newService({
      store,
      fleet: { records: [], credential: CREDENTIAL, close: async () => undefined },
      timeoutMs: 60_000,
      probing,
    })
  const hostKey = async () => (await store.hostKeys.ofDevices([deviceId]))[0]
  return {
    store,
    device,
    deviceId,
    service,
    hostKey,
    async refresh(probing) {
      const refreshes = service(probing)
      const { refresh } = await refreshes.request(refreshRequest({ force: true }))
      const ended = await refreshes.ended(refresh)
      const [probe] = await probesOf(store, refresh.id)
      return probe ?? { outcome: ended.state, message: ended.error }
    },
    async hold(probing) {
      const [row] = await store.devices.byIds([deviceId])
      if (!row) throw new Error('no device')
      const known = { site: 'Paris', country: 'France', hostKey: (await hostKey()) ?? null }
      return service(probing).holdOf({ ...row, ...known })
    },
  }
}

describe('trust on first use', () => {
  it('holds a device with a changed key, and sends it no password until the new key is trusted', async () => {
    const { device, deviceId, refresh, hold, service, hostKey } = await startLab()
    const first = device.hostKey.fingerprint
    expect(await refresh()).toMatchObject({ outcome: 'SUPPORTED' })
    expect(await refresh()).toMatchObject({ outcome: 'SUPPORTED' })
    expect(await hostKey()).toMatchObject({ fingerprint: first, offeredFingerprint: null })
    expect(device.passwords).toHaveLength(2)

    const second = device.changeHostKey().fingerprint
    const changed = await refresh()
    expect(changed).toMatchObject({ outcome: 'HOST_KEY_CHANGED', phase: 'KEY_EXCHANGE' })
    expect(changed.message).toContain(first)
    expect(changed.message).toContain(second)
    expect(await hostKey()).toMatchObject({ fingerprint: first, offeredFingerprint: second })
    expect(await hold()).toBe('HOST_KEY_CHANGED')

    expect(await refresh()).toMatchObject({
      outcome: 'SKIPPED',
      phase: 'QUEUED',
      message: `The device showed the host key ${second} instead of the known ${first}. Find out why. If the new key is right, trust it with \`rollcall trust\` or the mutation trustHostKey.`,
    })
    expect(device.passwords).toHaveLength(2)

    await service().trustHostKey({ deviceId, fingerprint: second }, 'mara')
    expect(await hold()).toBeNull()
    expect(await refresh()).toMatchObject({ outcome: 'SUPPORTED' })
    expect(await hostKey()).toMatchObject({ fingerprint: second, offeredFingerprint: null })
    expect(device.passwords).toEqual(new Array(3).fill(CREDENTIAL.password))
  })

  it('does not trust a key that changes once more', async () => {
    const { device, deviceId, refresh, service } = await startLab()
    await refresh()
    const { fingerprint } = device.changeHostKey()
    await refresh()
    device.changeHostKey()
    await service().trustHostKey({ deviceId, fingerprint }, 'mara')
    expect(await refresh()).toMatchObject({ outcome: 'HOST_KEY_CHANGED' })
    expect(device.passwords).toHaveLength(1)
  })
})

describe('trustHostKey', () => {
  it('needs a device, an offered key and its exact fingerprint', async () => {
    const { device, deviceId, refresh, service, hostKey } = await startLab()
    const trust = (id: number, fingerprint: string) =>
      service().trustHostKey({ deviceId: id, fingerprint }, 'mara')
    await expect(trust(999, 'SHA256:x')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(trust(deviceId, 'SHA256:x')).rejects.toMatchObject({ code: 'CONFLICT' })
    await refresh()
    await expect(trust(deviceId, device.hostKey.fingerprint)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('r1 has offered no other host key'),
    })
    const first = device.hostKey.fingerprint
    const { fingerprint } = device.changeHostKey()
    await refresh()
    for (const other of [
      first,
      fingerprint.replace('SHA256:', ''),
      fingerprint.toLowerCase(),
      `${fingerprint} `,
    ]) {
      await expect(trust(deviceId, other)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining(fingerprint),
      })
    }
    expect(await hostKey()).toMatchObject({ fingerprint: first, offeredFingerprint: fingerprint })
  })

  it('refers to the known-hosts file if keys are checked against one', async () => {
    const { deviceId, service } = await startLab()
    const refreshes = service({ hostKeys: 'known-hosts', knownHostsFile: '/etc/rollcall/known_hosts' })
    await expect(refreshes.trustHostKey({ deviceId, fingerprint: 'SHA256:x' }, 'mara')).rejects.toMatchObject(
      {
        code: 'CONFLICT',
        message: expect.stringMatching(/^Host keys are checked against known_hosts\. /),
      },
    )
  })
})

describe('a known-hosts file', () => {
  async function withFile() {
    const lab = await startLab()
    const knownHostsFile = join(await temporaryFolder(), 'known_hosts')
    const probing = { hostKeys: 'known-hosts' as const, knownHostsFile }
    const { host, port } = lab.device
    return {
      ...lab,
      knownHostsFile,
      refreshed: () => lab.refresh(probing),
      held: () => lab.hold(probing),
      know: (...keys: string[]) =>
        writeFile(knownHostsFile, keys.map((key) => `[${host}]:${port} ${key}\n`).join('')),
    }
  }

  it('is authoritative, and is read again for each refresh', async () => {
    const { device, refreshed, held, know, hostKey } = await withFile()
    await know()
    const stranger = await refreshed()
    expect(stranger).toMatchObject({ outcome: 'SSH_FAILED', phase: 'KEY_EXCHANGE' })
    expect(stranger.message).toContain(device.hostKey.fingerprint)
    expect(device.passwords).toEqual([])
    expect(await hostKey()).toBeUndefined()

    await know(device.hostKey.public)
    expect(await refreshed()).toMatchObject({ outcome: 'SUPPORTED' })
    const first = device.hostKey
    const second = device.changeHostKey()
    expect(await refreshed()).toMatchObject({ outcome: 'HOST_KEY_CHANGED' })
    expect(await hostKey()).toMatchObject({
      fingerprint: first.fingerprint,
      offeredFingerprint: second.fingerprint,
    })
    expect(device.passwords).toHaveLength(1)

    // It is the file that holds the device back, not what was seen before.
    expect(await held()).toBeNull()
    await know(first.public, second.public)
    expect(await refreshed()).toMatchObject({ outcome: 'SUPPORTED' })
    expect(await hostKey()).toMatchObject({ fingerprint: second.fingerprint, offeredFingerprint: null })
  })

  it('can revoke a key, and the message says so', async () => {
    const { device, refreshed, know, knownHostsFile } = await withFile()
    await know(device.hostKey.public)
    await appendFile(knownHostsFile, `@revoked * ${device.hostKey.public}\n`)
    expect(await refreshed()).toMatchObject({
      outcome: 'HOST_KEY_CHANGED',
      message: expect.stringMatching(
        /^The device shows ssh-\S+ SHA256:\S+, which the known-hosts file revokes;/,
      ),
    })
    expect(device.passwords).toEqual([])
  })

  it('may be in UTF-16, as PowerShell writes it', async () => {
    const { device, refreshed, knownHostsFile } = await withFile()
    await writeFile(knownHostsFile, `\ufeff* ${device.hostKey.public}\r\n`, 'utf16le')
    expect(await refreshed()).toMatchObject({ outcome: 'SUPPORTED' })
  })

  it('that is missing fails the refresh with an explanation, and no device is contacted', async () => {
    const { device, refreshed, know, knownHostsFile } = await withFile()
    await know(device.hostKey.public)
    await rm(knownHostsFile)
    expect(await refreshed()).toEqual({
      outcome: 'FAILED',
      message: `The known-hosts file ${basename(knownHostsFile)} does not exist; no device was probed, because no host key can be checked.`,
    })
    expect(device.passwords).toEqual([])
  })
})

describe('host keys that are not checked', () => {
  it('may change without a hold', async () => {
    const { device, refresh, hold, hostKey } = await startLab()
    await refresh()
    const first = device.hostKey.fingerprint
    device.changeHostKey()
    expect(await refresh()).toMatchObject({ outcome: 'HOST_KEY_CHANGED' })
    expect(await hold({ hostKeys: 'off' })).toBeNull()
    expect(await refresh({ hostKeys: 'off' })).toMatchObject({ outcome: 'SUPPORTED' })
    expect(await hostKey()).toMatchObject({ fingerprint: first })
  })
})
