/** The contract's `CredentialState`. */
export const CREDENTIAL_STATES = ['ACTIVE', 'SUSPENDED', 'ON_TRIAL'] as const
export type CredentialState = (typeof CREDENTIAL_STATES)[number]
