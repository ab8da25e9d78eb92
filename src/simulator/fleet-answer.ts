import type { ErrorCode } from '../base/errors.ts'
import type { Fleet } from './fleet.ts'

/** The message of the fleet's process to its owner: that it listens, or why it cannot. */
export type FleetAnswer = Pick<Fleet, 'inventory' | 'credential'> | { code: ErrorCode; message: string }
