import type { ErrorCode } from '../base/errors.ts'
import type { Fleet } from './fleet.ts'

/** What the fleet's process sends to its owner once it listens, or once it is clear that it cannot. */
export type FleetAnswer = Pick<Fleet, 'inventory' | 'credential'> | { code: ErrorCode; message: string }
