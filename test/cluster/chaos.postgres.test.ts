import { expect, it, onTestFinished } from 'vitest'
import { runChaosRound } from '../bench/chaos/chaos-round.ts'
import { randomFrom } from '../fuzz/mutate.ts'
import { startCluster } from './cluster.ts'

const DEVICES = 200

it('loses and repeats nothing when its parts end in a refresh', { timeout: 300_000 }, async () => {
  const lost: string[] = []
  const cluster = await startCluster({
    devices: DEVICES,
    faulty: 0,
    port: 0,
    config: { throttle: { starts: '40/s' } },
    onLost: (process) => lost.push(process),
  })
  onTestFinished(() => cluster.close())
  const seed = Date.now()
  const round = await runChaosRound(cluster, { devices: DEVICES, random: randomFrom(seed) })
  expect(round, `with seed ${seed}`).toMatchObject({
    state: 'COMPLETED',
    targets: DEVICES,
    results: DEVICES,
    repeated: 0,
    missing: 0,
    subscribers: [
      { received: DEVICES, repeated: 0, missing: 0 },
      { received: DEVICES, repeated: 0, missing: 0 },
    ],
  })
  // One of the subscribers was at the API process that was ended.
  expect(round.subscribers.some(({ cuts }) => cuts > 0)).toBe(true)
  expect(lost).toEqual([])
})
