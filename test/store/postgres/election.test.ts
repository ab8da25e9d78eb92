import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { type EngineTerm, openStore, type Store } from '../../../src/store/store.ts'
import { endConnections } from '../support/end-connections.ts'
import { newRefresh, newStore } from '../support/fixture.ts'
import { otherConnection } from '../support/test-database.ts'

/** A process that takes part in the election. */
interface Candidate {
  /** Resolves with its next term. */
  elected(): Promise<EngineTerm<Store>>
  /** How often it found another one to be the engine. */
  waits(): number
  /** How its terms ended. */
  ends(): string[]
  close(): Promise<void>
}

async function stand(database: string, name: string): Promise<Candidate> {
  const store = await openStore({ database, log: silentLogger })
  const terms: EngineTerm<Store>[] = []
  const told = new EventTarget()
  const ends: string[] = []
  let waits = 0
  const election = await store.shared?.elect({
    name,
    lead: async (term) => {
      terms.push(term)
      told.dispatchEvent(new Event('elected'))
      const over = AbortSignal.any([term.ending, term.lost])
      if (!over.aborted) await once(over, 'abort')
      ends.push(term.lost.aborted ? 'lost' : 'ending')
    },
    onWaiting: () => {
      waits += 1
    },
  })
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    await election?.close()
    await store.close()
  }
  onTestFinished(close)
  return {
    close,
    waits: () => waits,
    ends: () => ends,
    elected: async () => {
      if (terms.length === 0) await once(told as never, 'elected')
      return terms.shift() as EngineTerm<Store>
    },
  }
}

describe('the election of the engine', () => {
  it('has one engine, and another one when that ends', async () => {
    const { database } = await newStore()
    const first = await stand(database, 'first')
    const term = await first.elected()
    expect(term).toMatchObject({ number: 1, isTakeover: false })
    const second = await stand(database, 'second')
    await expect.poll(second.waits).toBeGreaterThan(1)
    expect(await term.data.engine.current()).toMatchObject({ term: 1, holder: 'first' })

    const active = {
      role: 'ENGINE',
      version: '1',
      startedAt: 1,
      active: true,
      probesInFlight: 0,
      concurrency: null,
    } as const
    for (const name of ['first', 'second']) {
      await term.data.processes.heartbeat({ ...active, name, regions: [] })
    }
    await first.close()
    expect(first.ends()).toEqual(['ending'])
    const next = await second.elected()
    expect(next).toMatchObject({ number: 2, isTakeover: true })
    expect(await next.data.engine.current()).toMatchObject({ term: 2, holder: 'second' })
    // One that was killed would be listed for some time, but not as the engine.
    expect(await next.data.processes.live()).toMatchObject([{ active: false }, { active: true }])
    await second.close()
    const { store } = await newStore()
    expect(await store.engine.current()).toBeNull()
  })

  it('tells an engine at once that its connection is lost, and refuses what it writes then', async () => {
    const { store, database } = await newStore()
    const { id } = await newRefresh(store)
    const first = await stand(database, 'first')
    const term = await first.elected()
    await term.data.refreshes.update(id, { state: 'PROBING' })
    const second = await stand(database, 'second')
    await endConnections(database, 'rollcall (election)')
    await expect.poll(first.ends).toEqual(['lost'])

    const refused = {
      code: 'DATABASE_UNAVAILABLE',
      publicMessage: 'Another process works as the engine now.',
    }
    await expect(term.data.refreshes.update(id, { state: 'INTERRUPTED' })).rejects.toMatchObject(refused)
    await expect(newRefresh(term.data)).rejects.toMatchObject(refused)
    // One of the two is elected again.
    const next = await Promise.race([first.elected(), second.elected()])
    expect(next).toMatchObject({ number: 2, isTakeover: true })
    await expect(term.data.refreshes.update(id, { state: 'INTERRUPTED' })).rejects.toMatchObject(refused)
    await next.data.refreshes.update(id, { state: 'COMPLETED' })
    expect(await store.refreshes.byIds([id])).toMatchObject([{ state: 'COMPLETED' }])
  })

  it('refuses what an engine writes that does not know that another one has taken over', async () => {
    const { store, database } = await newStore()
    const { id } = await newRefresh(store)
    const candidate = await stand(database, 'first')
    const { data } = await candidate.elected()
    const other = otherConnection(database)
    await other
      .updateTable('engine')
      .set((eb) => ({ term: eb('term', '+', 1) }))
      .execute()
    await other.destroy()
    const refused = { code: 'DATABASE_UNAVAILABLE' }
    await expect(data.refreshes.update(id, { state: 'CANCELLED' })).rejects.toMatchObject(refused)
    await expect(newRefresh(data)).rejects.toMatchObject(refused)
    await expect(data.commands.take(1, { sentWithinMs: 1_000 })).rejects.toMatchObject(refused)
    // Reading is not writing, and another store writes as ever.
    expect(await data.refreshes.byIds([id])).toMatchObject([{ state: 'QUEUED' }])
    await store.refreshes.update(id, { state: 'FAILED' })
    expect(await data.refreshes.byIds([id])).toMatchObject([{ state: 'FAILED' }])
  })

  it('waits for a command that has locked the database, such as `rollcall refresh`', async () => {
    const { store, database } = await newStore()
    const lock = await store.lock()
    const candidate = await stand(database, 'first')
    await expect.poll(candidate.waits).toBeGreaterThan(0)
    await lock.close()
    expect(await candidate.elected()).toMatchObject({ number: 1, isTakeover: true })
    await expect(store.lock()).rejects.toMatchObject({ code: 'DATABASE_IN_USE' })
  })
})
