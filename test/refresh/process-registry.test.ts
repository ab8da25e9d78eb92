import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger, silentLogger } from '../../src/base/log.ts'
import { ProcessRegistry, type ProcessRegistryOptions } from '../../src/refresh/process-registry.ts'
import { newStore } from '../store/support/fixture.ts'
import { HandClock } from '../support/hand-clock.ts'

const QUIET = { isActive: () => false, probesInFlight: () => 0, log: silentLogger }

async function join(options: Partial<ProcessRegistryOptions> & Pick<ProcessRegistryOptions, 'processes'>) {
  const clock = new HandClock()
  const registry = await ProcessRegistry.join({ ...QUIET, role: 'ALL', clock, ...options })
  onTestFinished(() => registry.close())
  return { registry, clock }
}

describe('the registry of processes', () => {
  it('has this process alone if no other may use the database', async () => {
    let probesInFlight = 2
    const { registry, clock } = await join({
      processes: null,
      isActive: () => true,
      probesInFlight: () => probesInFlight,
    })
    const [self, ...others] = registry.all()
    expect(others).toEqual([])
    expect(self).toMatchObject({ name: registry.name, role: 'ALL', regions: [], active: true })
    expect(self).toMatchObject({ probesInFlight: 2, startedAt: clock.now(), lastSeenAt: clock.now() })
    probesInFlight = 5
    clock.advance(2_000)
    await registry.tell()
    expect(registry.all()).toMatchObject([{ probesInFlight: 5, lastSeenAt: clock.now() }])
  })

  it('learns of the others with each heartbeat, and tells them what has changed', async () => {
    const { store } = await newStore()
    const { processes } = store
    let isActive = false
    const engine = await join({ processes, name: 'b', role: 'ENGINE', isActive: () => isActive })
    const prober = await join({ processes, name: 'a', role: 'PROBER', regions: ['EMEA'] })
    expect(prober.registry.all().map(({ name }) => name)).toEqual(['a', 'b'])
    expect(engine.registry.all().map(({ name }) => name)).toEqual(['b'])

    isActive = true
    engine.clock.advance(2_000)
    // Waits for the heartbeat that the timer has begun.
    await engine.registry.tell()
    expect(engine.registry.all()).toMatchObject([
      { name: 'a', regions: ['EMEA'] },
      { name: 'b', active: true },
    ])
    await prober.registry.tell()
    expect(prober.registry.all()).toMatchObject([{ name: 'a' }, { name: 'b', active: true }])

    await engine.registry.close()
    await prober.registry.tell()
    expect(prober.registry.all().map(({ name }) => name)).toEqual(['a'])
    expect(engine.clock.timers).toBe(0)
  })

  it('goes on without the database, and says once what is wrong', async () => {
    const said: string[] = []
    const log = createLogger({
      level: 'warn',
      destination: { write: (line) => said.push(JSON.parse(line).msg) },
    })
    let isBroken = false
    const processes = {
      heartbeat: async () => {
        if (isBroken) throw new Error('it is gone')
        return []
      },
      remove: async () => {
        throw new Error('it is gone')
      },
    }
    const { registry, clock } = await join({ processes, log })
    isBroken = true
    await registry.tell()
    await registry.tell()
    expect(said).toEqual(['no heartbeat could be written: it is gone'])
    expect(registry.all()).toHaveLength(1)
    expect(clock.timers).toBe(1)
    await expect(registry.close()).resolves.toBeUndefined()
  })
})
