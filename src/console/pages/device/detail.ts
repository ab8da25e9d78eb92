import type { DeviceDetailQuery } from '../../api/generated.ts'

/** The device of the page, with all that the page shows of it. */
export type DeviceDetail = Extract<NonNullable<DeviceDetailQuery['node']>, { name: string }>
