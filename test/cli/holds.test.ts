import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { record, temporaryFolder } from '../store/support/fixture.ts'
import { startGatewayOver } from '../support/gateway.ts'
import { type LabBehaviour, startLabDevice } from '../support/lab-device.ts'
import { writeSettled } from '../support/settled-file.ts'
import { runInProcess } from './run-in-process.ts'

const PASSWORD = 'correct horse'

/** Two devices that accept one password, and a folder with a configuration for them. */
async function startLab() {
  const accepted = { password: PASSWORD }
  const login: LabBehaviour['login'] = (context) => {
    if (context.method === 'password' && context.password === accepted.password) context.accept()
    else context.reject(['password'])
  }
  const devices = [await startLabDevice({ login }), await startLabDevice({ login })] as const
  const records = devices.map(({ host, port }, index) =>
    record(`France/Paris/r${index + 1}`, { address: host, port }),
  )
  const folder = await temporaryFolder()
  await writeSettled(join(folder, 'lab.json'), JSON.stringify(records))
  await writeFile(
    join(folder, 'rollcall.yaml'),
    [
      'sources: [{ name: lab, type: file, path: lab.json }]',
      'credentials: [{ name: lab, username: netops, passwordEnv: LAB_PASSWORD }]',
      'probe: { timeout: 60s }',
      'throttle: { suspendCredentialAfter: 1 }',
    ].join('\n'),
  )
  const run = (...args: string[]) => runInProcess(args, { cwd: folder, env: { LAB_PASSWORD: PASSWORD } })
  return { accepted, devices, records, run }
}

const CREDENTIALS = [{ name: 'lab', username: 'netops', password: PASSWORD, match: null }]

it('trust accepts the new key of a device in the database, which is then probed again', async () => {
  const { devices, run } = await startLab()
  expect((await run('refresh')).code).toBe(0)
  const { fingerprint } = devices[0].changeHostKey()
  expect((await run('refresh', '--force', '--no-sync')).stdout).toContain('HOST_KEY_CHANGED')
  const { stdout } = await run('devices', '--host-key-changed', '--json')
  expect(JSON.parse(stdout)).toMatchObject([{ name: 'r1', hostKey: { offeredFingerprint: fingerprint } }])
  expect(await run('trust', 'r1', fingerprint)).toEqual({
    code: 0,
    stdout: `r1 is known by ${fingerprint} now, and is probed again.\n`,
    stderr: '',
  })
  const again = await run('refresh', '--force', '--no-sync', '--json')
  expect(JSON.parse(again.stdout).byOutcome).toMatchObject({ SUPPORTED: 2 })
})

it('trust asks a gateway', async () => {
  const { devices, records, run } = await startLab()
  const { refresh, ask, url } = await startGatewayOver(records, { credentials: CREDENTIALS })
  await refresh()
  const { fingerprint } = devices[1].changeHostKey()
  await refresh()
  const { stdout, code } = await run('trust', 'r2', fingerprint, '--site', 'Paris', '--json', '--url', url)
  expect(JSON.parse(stdout)).toMatchObject({ name: 'r2', hostKey: { fingerprint, state: 'TRUSTED' } })
  expect(code).toBe(0)
  await refresh()
  expect(await ask('{ summary { supported } }')).toEqual({ summary: { supported: 2 } })
})

it('resume tries a credential of the database on one device, and says how that ended', async () => {
  const { accepted, devices, run } = await startLab()
  accepted.password = 'another'
  expect((await run('refresh')).stderr).toContain('The credential "lab" is suspended')
  const early = await run('resume', 'lab')
  expect(early.stdout).toMatch(/^The credential "lab" is SUSPENDED\. r[12] ended as AUTH_FAILED: \S.*\.\n$/)
  expect(early.code).toBe(1)
  const sent = () => devices.reduce((sum, { passwords }) => sum + passwords.length, 0)
  const before = sent()
  accepted.password = PASSWORD
  const { stdout, code } = await run('resume', 'lab')
  expect(stdout).toMatch(/^The credential "lab" is ACTIVE: r[12] accepted it\.\n$/)
  expect({ code, logins: sent() - before }).toEqual({ code: 0, logins: 1 })
  expect((await run('resume', 'lab')).stdout).toBe(
    'The credential "lab" is ACTIVE; there was nothing to resume.\n',
  )
  const refreshed = await run('refresh', '--force', '--no-sync', '--json')
  expect(JSON.parse(refreshed.stdout).byOutcome).toMatchObject({ SUPPORTED: 2 })
})

it('resume asks a gateway, which tries the credential', async () => {
  const { accepted, records, run } = await startLab()
  accepted.password = 'another'
  const { refresh, gateway, url } = await startGatewayOver(records, { credentials: CREDENTIALS })
  for (let rejections = 0; rejections < 5; rejections += 2) await refresh()
  const state = async () => (await gateway.refreshes.credentials())[0]?.state
  expect(await state()).toBe('SUSPENDED')
  accepted.password = PASSWORD
  const { stdout, code } = await run('resume', 'lab', '--url', url)
  expect(stdout).toMatch(/^The credential "lab" is tried on one device by the refresh \S+\.\n$/)
  expect(code).toBe(0)
  const [row] = await gateway.store.refreshes.byIds([4])
  if (row) await gateway.refreshes.ended(row)
  expect(await state()).toBe('ACTIVE')
})
