import type { Admission } from './admission.ts'
import type { Refusal } from './refusal.ts'

/** What came of asking to be let in. */
export type Admittance = { admission: Admission } | { refusal: Refusal }

/** A way of telling who a bearer token stands for. Rejects where that cannot be told at present. */
export type Scheme = (token: string) => Promise<Admittance>

export const INVALID: Admittance = {
  refusal: { reason: 'INVALID', message: 'The token is not one that Rollcall accepts.' },
}
