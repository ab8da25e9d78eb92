import { Duplex } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { DistantStream, type Line, numbersFrom, roundTripTo } from '../../src/simulator/line.ts'

/** Both ends of a connection over a line, whose time only `advanceTo` moves. */
class Connection {
  readonly #startedAt = performance.now()
  /** The millisecond and the text of whatever reached an end. */
  readonly arrivals: [atMs: number, text: string][] = []
  /** The end of the client: what it pushes was sent by the client. */
  readonly client: Duplex
  device: Duplex | null = null

  constructor(line: Line, random: () => number) {
    const arrived = (text: string) => this.arrivals.push([performance.now() - this.#startedAt, text])
    this.client = new Duplex({
      read: () => undefined,
      write(bytes: Buffer, _encoding, done) {
        arrived(`client: ${bytes}`)
        done()
      },
    })
    new DistantStream(this.client, line, random, (device) => {
      arrived('accepted')
      this.device = device
      device.on('data', (bytes: Buffer) => arrived(`device: ${bytes}`))
    })
  }

  async advanceTo(atMs: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(atMs - (performance.now() - this.#startedAt))
  }
}

function connection(line: Partial<Line>, random = () => 0): Connection {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  return new Connection({ roundTripMs: 100, jitterMs: 0, lossPercent: 0, ...line }, random)
}

test('the handshake of TCP takes its round trip, and each direction half of one', async () => {
  const far = connection({})
  far.client.push('first')
  await far.advanceTo(150)
  far.device?.write('answer')
  await far.advanceTo(250)

  expect(far.arrivals).toEqual([
    [150, 'accepted'],
    [150, 'device: first'],
    [200, 'client: answer'],
  ])
})

test('jitter delays each direction by itself', async () => {
  const numbers = [0.5, 0.25]
  const far = connection({ jitterMs: 40 }, () => numbers.shift() ?? 0)
  await far.advanceTo(200)
  far.client.push('question')
  far.device?.write('answer')
  await far.advanceTo(300)

  expect(far.arrivals.slice(1)).toEqual([
    [260, 'client: answer'],
    [270, 'device: question'],
  ])
})

test('a lost packet is sent again and delays those behind it, in its direction only', async () => {
  // Two numbers for each packet: the first decides whether it is lost.
  const numbers = [0.001, 0, 0.9, 0, 0.9, 0]
  const far = connection({ lossPercent: 1 }, () => numbers.shift() ?? 0.9)
  await far.advanceTo(200)
  far.device?.write('lost')
  far.device?.write(' and behind')
  await far.advanceTo(210)
  far.client.push('on time')
  await far.advanceTo(600)

  expect(far.arrivals.slice(1)).toEqual([
    [260, 'device: on time'],
    [550, 'client: lost and behind'],
  ])
})

test('each country has its distance within the range, the same in every run', () => {
  const range = { nearestMs: 20, farthestMs: 300 }
  const countries = Array.from({ length: 200 }, (_, index) => `Country ${index}`)
  const distances = countries.map((country) => roundTripTo({ country, name: 'r1' }, range))

  expect(Math.min(...distances)).toBeGreaterThanOrEqual(20)
  expect(Math.max(...distances)).toBeLessThanOrEqual(300)
  expect(Math.max(...distances) - Math.min(...distances)).toBeGreaterThan(200)
  expect(distances).toEqual(countries.map((country) => roundTripTo({ country, name: 'r1' }, range)))
  const [one = 0, other = 0] = ['r1', 'r2'].map((name) => roundTripTo({ country: 'Japan', name }, range))
  expect(one).not.toBe(other)
  expect(other / one).toBeGreaterThan(0.8)
  expect(other / one).toBeLessThan(1.25)
})

test('numbers spread evenly from 0 to 1', () => {
  const random = numbersFrom('a device')
  const tenths = Array.from({ length: 10 }, () => 0)
  for (let count = 0; count < 10_000; count += 1) {
    const tenth = Math.floor(random() * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150)
})

test('what is written together is one packet', async () => {
  let drawn = 0
  const far = connection({ roundTripMs: 0, jitterMs: 10 }, () => {
    drawn += 1
    return 0.5
  })
  await far.advanceTo(0)
  const { device } = far
  device?.cork()
  for (const piece of ['one ', 'packet']) device?.write(piece)
  device?.uncork()
  await far.advanceTo(5)

  expect(far.arrivals).toEqual([
    [0, 'accepted'],
    [5, 'client: one packet'],
  ])
  expect(drawn).toBe(1)
})
