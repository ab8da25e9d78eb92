import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AuthConfig } from '../../../src/config/schema.ts'
import { startFleet } from '../../../src/simulator/fleet.ts'
import { startGatewayOver } from '../../support/gateway.ts'
import { post } from '../../support/graphql-answer.ts'
import { bearer, newToken } from '../../support/tokens.ts'

export const DEVICES = 25

/**
 * A gateway over simulated devices that have been probed once, and a token for it.
 *
 * @param persisted the only operations that it executes, a file in `src`
 */
export async function startGateway({
  persisted,
  auth = { mode: 'tokens' },
  stalling = 0,
}: {
  persisted?: string
  auth?: AuthConfig
  /** The number of devices that do not answer. They are not probed beforehand, but by `startRefresh`. */
  stalling?: number
} = {}) {
  const fleet = await startFleet({ devices: DEVICES, faulty: stalling })
  onTestFinished(() => fleet.close())
  const { gateway, url, refresh } = await startGatewayOver(fleet.inventory, {
    credentials: [{ name: 'fleet', ...fleet.credential, match: null }],
    auth,
    // Longer than any test: what stalls ends with the refresh.
    probe: { timeoutMs: 120_000 },
    ...(persisted && {
      persistedOperations: { file: join(import.meta.dirname, '../src', persisted), only: true },
    }),
  })
  if (stalling === 0) await refresh()
  const token = await newToken(gateway.store, 'frontend', 'OPERATOR')
  const mutate = async (mutation: string, variables = {}) =>
    await (await post(url, mutation, variables, bearer(token))).json()
  return {
    url,
    token,
    /** Starts a refresh of all devices, and resolves with its id. */
    async startRefresh(): Promise<string> {
      return (await mutate(START)).data.startRefresh.refresh.id
    },
    cancel: (id: string) => mutate(CANCEL, { id }),
  }
}

const START = 'mutation { startRefresh(input: { force: true }) { refresh { id } } }'
const CANCEL = 'mutation ($id: ID!) { cancelRefresh(id: $id) { refresh { state } } }'
