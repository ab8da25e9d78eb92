import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/load.ts'
import { startGateway } from '../../src/gateway.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { writeSettled } from '../support/settled-file.ts'
import { newToken } from '../support/tokens.ts'
import { runInProcess } from './run-in-process.ts'

const raw = (index: number, fields: object = {}) => ({
  key: index,
  name: `r${String(index).padStart(2, '0')}`,
  address: `10.0.0.${index}`,
  site: 'Lyon',
  country: 'France',
  ...fields,
})
const many = (count: number) => Array.from({ length: count }, (_, index) => raw(index + 1))

it('plans and devices are read from the database, or from the gateway that uses it', async () => {
  const folder = await temporaryFolder()
  const run = (args: string[], env = {}) => runInProcess(args, { cwd: folder, env })
  const config = 'server: { port: 0 }\nschedule: { onStart: false }\nauth: { mode: tokens }\n'
  await writeSettled(
    join(folder, 'rollcall.yaml'),
    `${config}sources: [{ name: global, type: file, path: g.json }]\n`,
  )
  const missing = await run(['plan', 'list'])
  expect(missing.stderr).toMatch(/^rollcall: There is no database at .*; give --url to ask a running gateway/)
  await writeSettled(join(folder, 'g.json'), JSON.stringify(many(30)))
  await run(['sync'])
  await writeSettled(join(folder, 'g.json'), JSON.stringify([raw(1, { site: 'Nice' }), raw(2, { port: 22 })]))
  await run(['sync'])
  const [waiting] = JSON.parse((await run(['plan', 'list', '--state', 'AWAITING_APPROVAL', '--json'])).stdout)
  const { stdout } = await run(['plan', 'show', waiting.id, '--limit', '2'])
  expect(stdout).toContain(
    'Planned to be decommissioned: 28\n  DEVICE  SITE  COUNTRY\n  r03     Lyon  France\n',
  )
  expect(stdout).toContain('  … and 26 more; --limit 0 lists all.\n')
  expect(stdout).toMatch(/to be moved: 1\n.*\n {2}r01 {5}Nice {2}France {3}site: Lyon → Nice\n/)
  expect(stdout).toMatch(/to be changed: 1\n.*\n {2}r02 {5}Lyon {2}France {3}port: 830 → 22\n/)

  const loaded = loadConfig({ file: join(folder, 'rollcall.yaml'), env: {} })
  const gateway = await startGateway({ config: loaded, log: createLogger({ level: 'fatal' }) })
  onTestFinished(() => gateway.close())
  const secret = await newToken(gateway.store, 'ops', 'ADMIN')
  expect(await run(['plan', 'approve', waiting.id])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'rollcall: A gateway or `rollcall refresh` uses the database, and only it may write to it; ask the gateway with --url http://HOST:PORT.\n',
  })
  const refused = await run(['plan', 'approve', waiting.id, '--url', gateway.url])
  expect(refused.stderr).toContain('wants a token; give --token-env NAME.')
  const url = ['--url', gateway.url, '--token-env', 'TOKEN']
  const approved = await run(['plan', 'approve', waiting.id, '--json', ...url], { TOKEN: secret })
  expect(JSON.parse(approved.stdout)).toMatchObject({ state: 'APPLIED', decidedBy: 'ops' })
  const names = async (...args: string[]) =>
    JSON.parse((await run(['devices', '--json', ...args], { TOKEN: secret })).stdout).map(
      ({ name }: { name: string }) => name,
    )
  expect(await names('--name', 'r0*', '--site', 'Nice', ...url)).toEqual(['r01'])
  expect(await names('--lifecycle', 'DECOMMISSIONED', '--limit', '1', '--desc')).toEqual(['r30'])
  expect((await run(['devices', '--name', 'a*', '--name', 'b'])).code).toBe(2)
  const trust = await run(['trust', 'r01', 'SHA256:x', ...url], { TOKEN: secret })
  expect(trust.stderr).toContain('r01 has offered no other host key')
})
