import { setTimeout as sleep } from 'node:timers/promises'
import { RollcallError } from '../base/errors.ts'
import { createLogger } from '../base/log.ts'
import { type DatabaseAddress, isDatabaseThere, openStore } from '../store/store.ts'
import type { TokenStore } from '../store/token-store.ts'

/**
 * How long to try. A busy gateway, which applies a large inventory for example, holds the lock longer than
 * one try.
 */
const TRY_FOR_MS = 15_000
const PAUSE_MS = 50

/**
 * Runs a function on the tokens of a database, which a gateway may be using. Rejects with NOT_FOUND if the
 * file does not exist and must not be created.
 */
export async function withTokens<T>(
  address: DatabaseAddress,
  work: (tokens: TokenStore) => Promise<T>,
  { create = false } = {},
): Promise<T> {
  if (!create && !isDatabaseThere(address)) {
    throw new RollcallError(
      'NOT_FOUND',
      `There is no database at ${address.database}, and so no token; ` +
        'create one with `rollcall token create`, or set `database`.',
    )
  }
  const store = await openStore({ ...address, log: createLogger({ level: 'warn' }) })
  try {
    return await patiently(() => work(store.tokens))
  } finally {
    await store.close()
  }
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + TRY_FOR_MS
  for (;;) {
    try {
      return await work()
    } catch (failure) {
      const mayPass = failure instanceof RollcallError && failure.code === 'DATABASE_UNAVAILABLE'
      if (!mayPass || Date.now() > giveUpAt) throw failure
      await sleep(PAUSE_MS)
    }
  }
}
