import { truncate } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { all, FLEET, failureOf, start } from './support/contract.ts'
import { never } from './support/inventory-file.ts'
import { devices, fileRig, recordOf, type ServerRig } from './support/subjects.ts'

describe.each(all)('%s', (_, by) => {
  test('returns every device with its stable key', async () => {
    const { source } = await start(by)
    expect(await source.fetch(never)).toEqual({ records: FLEET.map(recordOf), rejected: [] })
  })

  test('returns the present devices at each fetch', async () => {
    const { source, hold } = await start(by)
    await source.fetch(never)
    const renamed = FLEET.map((device) => ({ ...device, name: `${device.name}-new` }))
    await hold(renamed)
    expect((await source.fetch(never)).records).toEqual(renamed.map(recordOf))
  })

  test('returns an empty list without a failure, since the ceilings decide on it', async () => {
    const { source, hold } = await start(by)
    await source.fetch(never)
    await hold([])
    expect(await source.fetch(never)).toEqual({ records: [], rejected: [] })
  })

  test('returns a list that is 59% shorter without a failure, since the ceilings decide on it', async () => {
    const { source, hold } = await start(by)
    await hold(devices(100))
    expect((await source.fetch(never)).records).toHaveLength(100)
    await hold(devices(41))
    expect((await source.fetch(never)).records).toEqual(devices(41).map(recordOf))
  })

  test('rejects unusable records with their positions, and returns the rest', async () => {
    const { source, hold } = await start(by)
    const held = FLEET.map((device) => {
      if (device.id === 2) return { ...device, address: null }
      if (device.id === 5) return { ...device, name: null }
      return device
    })
    await hold(held)
    const { records, rejected } = await source.fetch(never)
    expect(records).toEqual(FLEET.filter(({ id }) => id !== 2 && id !== 5).map(recordOf))
    expect(rejected).toMatchObject([
      {
        position: 2,
        reason: expect.stringMatching(/^"(?:address|primary_ip|IPAddress)" is missing or empty\.$/),
      },
      { position: 5, reason: expect.stringMatching(/^"(?:name|Caption)" is missing or empty\.$/) },
    ])
  })

  test('does not begin if it is aborted already', async () => {
    const rig = await start(by)
    const reason = new Error('The gateway is closing.')
    await expect(rig.source.fetch(AbortSignal.abort(reason))).rejects.toBe(reason)
    if ('server' in rig) expect(rig.server).toMatchObject({ requests: [] })
  })

  test('leaves no timer and no connection behind', async () => {
    const rig = await start(by)
    await rig.source.fetch(never)
    expect(rig.clock.timers).toBe(0)
    if ('server' in rig) await (rig as ServerRig).server.disconnected()
  })
})

describe('file', () => {
  test('fails on an incomplete file', async () => {
    const rig = await start(fileRig)
    await truncate(rig.path, 150)
    expect(await failureOf(rig)).toContain('ends within its last line')
  })
})
