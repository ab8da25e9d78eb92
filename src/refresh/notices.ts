import { encodeGlobalId } from '../base/global-id.ts'
import type { SyncPlanRow } from '../store/inventory/sync-plan-store.ts'
import type { Summary } from '../store/query/device-summary.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import { type Notice, noticeId } from './notify/notice.ts'

/** The devices that a notice lists; there may be thousands. */
export const LISTED_DEVICES = 50
/** The devices that its sentence names. */
const NAMED_DEVICES = 3

export function suspensionNotice(credential: string, rejections: number, at: number): Notice {
  const logins = rejections === 1 ? 'its last login' : `its last ${rejections} logins`
  return {
    type: 'credential.suspended',
    id: noticeId('credential.suspended', credential, at),
    at,
    message:
      `The credential "${credential}" is suspended because devices rejected ${logins}. ` +
      'Correct it, then resume it.',
    about: { credential: { name: credential, rejections } },
  }
}

/** @param first the first plan in which the same changes waited */
export function planNotice(
  { id, source, plannedAt: at, reason, ...plan }: SyncPlanRow,
  first: Pick<SyncPlanRow, 'id' | 'plannedAt'>,
): Notice {
  const { created, updated, decommissioned, moved } = plan
  return {
    type: 'plan.awaiting',
    id: noticeId('plan.awaiting', first.id, first.plannedAt),
    at,
    message: `A sync plan of the source "${source}" awaits approval: ${reason ?? ''}`,
    about: { plan: { id: encodeGlobalId('SyncPlan', id), source, created, updated, decommissioned, moved } },
  }
}

export function hostKeyNotice(
  refresh: RefreshRow,
  devices: readonly { id: number; name: string }[],
  at: number,
): Notice {
  const count = refresh.outcomeCounts.HOST_KEY_CHANGED ?? 0
  const names = devices.slice(0, NAMED_DEVICES).map(({ name }) => name)
  const others = count - names.length
  const list = [...names, ...(others > 0 ? [`${others} more`] : [])].join(', ')
  const subject = count === 1 ? '1 device offers' : `${count} devices offer`
  return {
    type: 'hostkey.changed',
    id: noticeId('hostkey.changed', refresh.id, refresh.createdAt),
    at,
    message: `${subject} another host key than the known one: ${list}. Find out why before you trust it.`,
    about: {
      refresh: { id: encodeGlobalId('Refresh', refresh.id) },
      count,
      devices: devices.map(({ id, name }) => ({ id: encodeGlobalId('Device', id), name })),
    },
  }
}

/** A refresh and the counts of all devices at its end. */
interface Measured {
  id: number
  summary: Summary
}

/** Returns by which share of all devices the number of supported ones has fallen; 0 if it has not. */
export function coverageDrop(before: Summary, after: Summary): number {
  const fewer = before.supported - after.supported
  return fewer <= 0 ? 0 : fewer / before.devices
}

export function coverageNotice(refresh: Measured & RefreshRow, before: Measured, at: number): Notice {
  const { supported, devices } = refresh.summary
  const counts = ({ id, summary }: Measured) => ({
    refresh: { id: encodeGlobalId('Refresh', id) },
    supported: summary.supported,
    devices: summary.devices,
  })
  return {
    type: 'coverage.dropped',
    id: noticeId('coverage.dropped', refresh.id, refresh.createdAt),
    at,
    message:
      `${supported} of ${devices} devices are supported, ` +
      `${before.summary.supported - supported} fewer than after the last refresh.`,
    about: { after: counts(refresh), before: counts(before) },
  }
}
