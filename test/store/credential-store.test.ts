import { expect, it } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import type { CredentialRow } from '../../src/store/credential-store.ts'
import { openStore } from '../../src/store/store.ts'
import { newStore } from './support/fixture.ts'

it('keeps the last state of each credential, even after a restart', async () => {
  const { store, database } = await newStore()
  expect(await store.credentials.all()).toEqual([])
  const lab: CredentialRow = { name: 'lab', state: 'ACTIVE', rejections: 2, suspendedAt: null }
  const core: CredentialRow = { name: 'core', state: 'SUSPENDED', rejections: 5, suspendedAt: 1_000 }
  await store.credentials.put([lab, core])
  await store.credentials.put([])
  expect(await store.credentials.all()).toEqual([core, lab])

  const onTrial: CredentialRow = { ...core, state: 'ON_TRIAL' }
  await store.credentials.put([onTrial])
  await store.close()
  const again = await openStore({ database, log: silentLogger })
  expect(await again.credentials.all()).toEqual([onTrial, lab])
  await again.close()
})
