import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import { type ReloadResult, Reloads } from '../../src/cli/reloads.ts'
import { loadWithValues } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import { temporaryFolder } from '../store/support/fixture.ts'

it('follows changes from when the process has started until it ends', async () => {
  const file = join(await temporaryFolder(), 'rollcall.yaml')
  const write = (perSite: number) => writeFile(file, `throttle: { perSite: ${perSite} }\n`)
  const load = () => loadWithValues({ file, env: {} })
  await write(1)
  const reloads = new Reloads({ loaded: load(), load, log: silentLogger })
  const applied: number[] = []
  const results: ReloadResult[] = []

  await write(2)
  reloads.reload()
  expect(applied).toEqual([])
  reloads.begin(
    ({ throttle }: Config) => applied.push(throttle.perSite),
    (result) => results.push(result),
  )
  await write(3)
  reloads.reload()
  reloads.end()
  await write(4)
  reloads.reload()
  expect(applied).toEqual([2, 3])
  expect(results.map(({ changed }) => changed)).toEqual([
    ['throttle.perSite: 1 → 2'],
    ['throttle.perSite: 2 → 3'],
  ])
})
