import { setImmediate as nextTurn } from 'node:timers/promises'
import { EVERYTHING, FIRST_TRY, newRefresh, record, report } from '../store/support/fixture.ts'
import { type RunningApi, startApi } from './api-server.ts'
import { HandClock } from './hand-clock.ts'

export interface RefreshByHand extends RunningApi {
  clock: HandClock
  /** Of the refresh, as clients know it. */
  id: string
  /** Names of the devices, in the order in which they get their results. */
  names: string[]
  /** Commits the results of the next devices, each with this message, and announces them. */
  commit(count: number, message?: string): Promise<void>
  end(): Promise<void>
}

/** An API on a clock that stands still, with a refresh that nobody works on but the test. */
export async function startRefreshByHand(devices: number): Promise<RefreshByHand> {
  const clock = new HandClock()
  const names = Array.from({ length: devices }, (_, index) => `r${100_000 + index}`)
  const api = await startApi(
    names.map((name) => record(`France/Lyon/${name}`)),
    { clock },
  )
  const { refreshes } = api.store
  const { id: refreshId } = await newRefresh(api.store)
  await refreshes.addTargets(refreshId, { scope: EVERYTHING, probedBefore: null })
  await refreshes.update(refreshId, { state: 'PROBING', startedAt: clock.now() })
  const targets = await refreshes.pendingTargets(refreshId)
  const { events } = api.refreshes
  return {
    ...api,
    clock,
    id: Buffer.from(`Refresh:${refreshId}`).toString('base64url'),
    names,
    async commit(count, message) {
      const batch = targets.splice(0, count).map(({ deviceId }) => ({
        ...FIRST_TRY,
        refreshId,
        deviceId,
        report: report(message === undefined ? {} : { outcome: 'TIMEOUT', phase: 'HELLO', message }),
      }))
      const committed = await api.store.probes.commitBatch(batch)
      events.announce({ kind: 'results', refreshId, lastSeq: committed.get(refreshId) ?? 0 })
      events.announce({ kind: 'devices', deviceIds: batch.map(({ deviceId }) => deviceId) })
    },
    async end() {
      const refresh = await refreshes.update(refreshId, { state: 'COMPLETED', finishedAt: clock.now() })
      events.announce({ kind: 'state', refresh, isLast: true })
    },
  }
}

/** Lets the process do all that it can do without the clock and without others. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await nextTurn()
}
