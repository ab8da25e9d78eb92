import { once } from 'node:events'
import { connect, createServer, isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { RollcallError } from '../../src/base/errors.ts'
import {
  hasLoopbackNetwork,
  type Place,
  type Placement,
  placeOnAddresses,
  placeOnPorts,
} from '../../src/simulator/placement.ts'

const LOOPBACK_NETWORK = await hasLoopbackNetwork()
const OWN_ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

async function opened(placing: Promise<Placement>): Promise<Placement> {
  const placement = await placing
  onTestFinished(() => placement.close())
  return placement
}

/** Everything that comes from a place until it hangs up. */
async function readAll({ address, port }: Place): Promise<string> {
  const socket = connect({ host: address, port })
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes.toString()
  })
  await once(socket, 'close')
  return text
}

const MODES = [
  { name: 'placeOnPorts', place: placeOnPorts, possible: true },
  { name: 'placeOnAddresses', place: placeOnAddresses, possible: LOOPBACK_NETWORK },
]

for (const { name, place, possible } of MODES) {
  test.runIf(possible)(`${name} tells by the place which device is meant`, async () => {
    const placement = await opened(place(3, 0, (index, socket) => socket.end(`device ${index}`)))
    expect(await Promise.all(placement.places.map(readAll))).toEqual(['device 0', 'device 1', 'device 2'])
  })

  test.runIf(possible)(`${name} names the port that is in use`, async () => {
    const taken = createServer().listen({ host: '127.0.0.1', port: 0 })
    await once(taken, 'listening')
    onTestFinished(async () => {
      taken.close()
      await once(taken, 'close')
    })
    const address = taken.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0

    const failure: RollcallError = await place(1, port, () => undefined).then(
      () => expect.unreachable(),
      (reason) => reason,
    )
    expect(failure.code).toBe('ADDRESS_IN_USE')
    expect(failure.message).toContain(`Port ${port} is in use`)
  })
}

test.runIf(LOOPBACK_NETWORK)('places 60,000 devices on addresses of their own behind one port', async () => {
  const { places } = await opened(placeOnAddresses(60_000, 0, (index, socket) => socket.end(`${index}`)))

  expect(new Set(places.map(({ address }) => address)).size).toBe(60_000)
  expect(new Set(places.map(({ port }) => port)).size).toBe(1)
  const unfit = places.filter(
    ({ address }) => !isIPv4(address) || !/^127\.[1-9]\d*\..+(?<!\.0|\.255)$/.test(address),
  )
  expect(unfit).toEqual([])
  expect(await Promise.all(places.slice(-2).map(readAll))).toEqual(['59998', '59999'])
})

test.runIf(LOOPBACK_NETWORK)('hangs up on an address that is no device', async () => {
  const { places } = await opened(placeOnAddresses(1, 0, (_index, socket) => socket.end('device')))
  expect(await readAll({ address: '127.0.0.1', port: places[0]?.port ?? 0 })).toBe('')
})

test.runIf(LOOPBACK_NETWORK && OWN_ADDRESS !== undefined)('lets nobody in from outside', async () => {
  const { places } = await opened(placeOnAddresses(1, 0, (_index, socket) => socket.end('device')))
  expect(await readAll({ address: OWN_ADDRESS ?? '', port: places[0]?.port ?? 0 })).toBe('')
})

test('reports that there are not enough ports, and keeps none', async () => {
  await expect(placeOnPorts(3, 65_534, () => undefined)).rejects.toMatchObject({
    code: 'SIMULATOR_FAILED',
    message: expect.stringContaining('ask for fewer, or give a lower port'),
  })
})

test('releases its ports if the next one is in use', async () => {
  const port = await withFreeNeighbour()
  await opened(placeOnPorts(1, port + 1, () => undefined))
  await expect(placeOnPorts(2, port, () => undefined)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  const again = await opened(placeOnPorts(1, port, () => undefined))
  expect(again.places).toEqual([{ address: '127.0.0.1', port }])
})

/** A port that is free, as is the next; below those that the system hands out, which other tests take all the time. */
async function withFreeNeighbour(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); ; port += 2) {
    try {
      await (await placeOnPorts(2, port, () => undefined)).close()
      return port
    } catch (failure) {
      if (!(failure instanceof RollcallError) || failure.code !== 'ADDRESS_IN_USE') throw failure
    }
  }
}
