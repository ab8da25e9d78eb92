import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { newStore, temporaryFolder } from '../store/support/fixture.ts'
import { runInProcess } from './run-in-process.ts'

it('a refresh beside a gateway says how to start one there', async () => {
  const cwd = await temporaryFolder()
  const { store } = await newStore(cwd)
  const lock = await store.lock()
  onTestFinished(() => lock.close())
  await writeFile(join(cwd, 'password'), 'secret', { mode: 0o600 })
  await writeFile(join(cwd, 'inventory.csv'), 'name,address,site,country\n')
  await writeFile(
    join(cwd, 'rollcall.yaml'),
    'sources: [{ name: global, type: file, path: ./inventory.csv }]\n' +
      'credentials: [{ name: default, username: netops, passwordFile: ./password }]\n',
  )
  expect(await runInProcess(['refresh'], { cwd })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'rollcall: A gateway or another `rollcall refresh` uses the database. ' +
      'Start the refresh in the gateway: in its console, or with the mutation `startRefresh`.\n',
  })
})
