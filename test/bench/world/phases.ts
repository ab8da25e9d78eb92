import { type LatencyRange, roundTripTo } from '../../../src/simulator/line.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { median } from '../support/statistics.ts'

const PAGE = `query ($after: String) {
  devices(first: 500, after: $after, filter: { netconfSupported: true }) {
    nodes { name country { name } lastProbe { durationMs phases { phase durationMs } } }
    pageInfo { hasNextPage endCursor }
  }
}`

interface PageAnswer {
  devices: {
    nodes: ProbedDevice[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }
}

interface ProbedDevice {
  name: string
  country: { name: string }
  lastProbe: { durationMs: number; phases: { phase: string; durationMs: number }[] }
}

/** The time of a phase over all supported devices, in milliseconds and in round trips to each device. */
export interface PhaseTime {
  phase: string
  medianMs: number
  medianRoundTrips: number
}

/** Reads the phases of the last probes; the last entry is the whole probe. */
export async function phaseTimes(url: string, latency: number | LatencyRange): Promise<PhaseTime[]> {
  const times = new Map<string, { ms: number; roundTrips: number }[]>()
  for (let cursor: string | null = null, hasNext = true; hasNext; ) {
    const { devices }: PageAnswer = await dataOf(url, PAGE, { after: cursor })
    for (const { name, country, lastProbe } of devices.nodes) {
      const roundTripMs =
        typeof latency === 'number' ? latency : roundTripTo({ name, country: country.name }, latency)
      const whole = { phase: 'whole probe', durationMs: lastProbe.durationMs }
      for (const { phase, durationMs } of [...lastProbe.phases, whole]) {
        const known = times.get(phase) ?? []
        known.push({ ms: durationMs, roundTrips: durationMs / roundTripMs })
        times.set(phase, known)
      }
    }
    cursor = devices.pageInfo.endCursor
    hasNext = devices.pageInfo.hasNextPage && cursor !== null
  }
  return [...times].map(([phase, each]) => ({
    phase,
    medianMs: median(each.map(({ ms }) => ms)),
    medianRoundTrips: median(each.map(({ roundTrips }) => roundTrips)),
  }))
}
