import { PROBE_OUTCOMES, type ProbeOutcome } from '../netconf/outcome/outcome.ts'
import type { Store } from '../store/store.ts'
import { withoutControls } from './output.ts'
import { fittedTable } from './table.ts'
import { type Width, wrapped } from './wrapping.ts'

/** How many devices are shown. */
const SHOWN = 10

const NOT_SUPPORTED = PROBE_OUTCOMES.filter((outcome) => outcome !== 'SUPPORTED')

/** A device that did not end as SUPPORTED. */
export interface Shortfall {
  device: string
  address: string
  outcome: ProbeOutcome
  message: string | null
}

/**
 * Returns the first ten devices of a refresh that did not end as SUPPORTED, in the order in which they ended.
 */
export async function firstShortfalls(store: Store, refreshId: number): Promise<Shortfall[]> {
  const pages = await store.probes.pagesOfRefreshes([refreshId], {
    outcomes: NOT_SUPPORTED,
    page: { first: SHOWN },
  })
  const probes = pages.get(refreshId)?.items ?? []
  const devices = await store.devices.byIds(probes.map(({ deviceId }) => deviceId))
  const byId = new Map(devices.map((device) => [device.id, device]))
  const shortfalls = probes.flatMap(({ deviceId, outcome, message }): Shortfall[] => {
    const device = byId.get(deviceId)
    return device ? [{ device: device.name, address: device.address, outcome, message }] : []
  })
  return withoutControls(shortfalls)
}

/** Formats a table of these devices, and says how many of `total` it leaves out. */
export function shortfallTable(
  shortfalls: readonly Shortfall[],
  { total, width }: { total: number; width: Width },
): string {
  const rows = shortfalls.map(({ device, address, outcome, message }) => [
    device,
    address,
    outcome,
    message ?? '',
  ])
  const heading = ['DEVICE', 'ADDRESS', 'OUTCOME', 'MESSAGE']
  const text = fittedTable([heading, ...rows], { width, wrapsLast: true })
  const left = total - shortfalls.length
  if (left === 0) return text
  const more = `… and ${left} more; \`rollcall export devices --all\` has the last outcome of each.`
  return `${text}\n${wrapped(more, width)}`
}
