import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { writeSettled } from '../support/settled-file.ts'
import { runInProcess } from './run-in-process.ts'

const CONFIG = `
sources:
  - { name: global, type: file, path: global.json }
  - { name: lab, type: file, path: lab.json }
`

const raw = (name: string, fields: object = {}) => ({
  name,
  address: `${name}.example.net`,
  site: 'Lyon',
  country: 'France',
  ...fields,
})

const many = (count: number) => Array.from({ length: count }, (_, index) => raw(`r${index + 1}`))

/** A folder with a configuration and its two sources; `run` is `rollcall sync` in it. */
async function newFolder(global: unknown, lab: unknown = [raw('l1')]) {
  const folder = await temporaryFolder()
  const write = (file: string, content: unknown) =>
    writeSettled(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content))
  await write('rollcall.yaml', CONFIG)
  await write('global.json', global)
  await write('lab.json', lab)
  const rollcall = (...args: string[]) => runInProcess(args, { cwd: folder })
  const run = (...args: string[]) => rollcall('sync', ...args)
  const exported = async () => JSON.parse((await rollcall('export', 'hierarchy', '--all')).stdout)
  return { folder, write, run, exported }
}

describe('rollcall sync', () => {
  it('prints the plan of each source with the rejected records, and exits with 0', async () => {
    const { run, exported } = await newFolder([raw('r1'), raw('r2', { address: 'a\u009b2J b' }), raw('l1')])
    const { code, stdout, stderr } = await run()
    expect(stdout).toBe(
      [
        'Source "global": APPLIED',
        '  created         2',
        '  updated         0',
        '  decommissioned  0',
        '  unchanged       0',
        '  set aside       1',
        '',
        'Were created: 2',
        '  DEVICE  SITE  COUNTRY',
        '  l1      Lyon  France',
        '  r1      Lyon  France',
        '',
        'Set aside: 1',
        '  Record 2: "address" holds a control character or a broken one.',
        '    {"name":"r2","address":"a2J b","site":"Lyon","country":"France"}',
        '',
        'Source "lab": APPLIED',
        '  created         0',
        '  updated         0',
        '  decommissioned  0',
        '  unchanged       0',
        '  set aside       1',
        '',
        'Set aside: 1',
        '  Record 1: l1 at site Lyon of France is taken from the source global, which takes precedence.',
        '    {"key":null,"name":"l1","address":"l1.example.net","port":830,"site":"Lyon","country":"France","region":null,"platform":null,"credential":null}',
        '',
      ].join('\n'),
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await exported()).toEqual({ France: { Lyon: { l1: 'l1.example.net', r1: 'r1.example.net' } } })
  })

  it('changes nothing in a dry run, even if a part would await approval', async () => {
    const { run, write, exported } = await newFolder(many(2))
    await run()
    const before = await exported()
    await write('global.json', [])
    const { code, stdout, stderr } = await run('--source', 'global', '--dry-run')
    expect(stdout).toMatch(
      /^Source "global": DRY_RUN\n {2}The source gave no record .*2 of 2 active devices\./,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await exported()).toEqual(before)
  })

  it('warns of a column or key whose name differs from that of a field only in case', async () => {
    const { write, run } = await newFolder([], [raw('l1', { Platform: 'junos' })])
    await write('rollcall.yaml', CONFIG.replace('global.json', 'global.csv'))
    await write('global.csv', 'name,address,site,country,Port\nr1,10.0.0.1,Lyon,France,22\n')
    const { stdout, code } = await run('--dry-run')
    expect(stdout).toContain(
      '  Warning: "Port" is not read: the name for the port is "port". Rename it, or set `fields: { port: "Port" }` for the source.\n',
    )
    expect(stdout).toContain('  Warning: "Platform" is not read: ')
    expect(code).toBe(0)
    await write('global.csv', 'name,address,site,country,Port\n,10.0.0.1,Lyon,France,22\n')
    const failed = (await run('--source', 'global')).stdout
    expect(failed).toMatch(/^Source "global": FAILED\n.*\n {2}Warning: "Port" is not read: /)
  })

  it('exits with 1 if a plan awaits approval, and says how to approve it', async () => {
    const { run, write, exported } = await newFolder(many(30))
    expect((await run('--source', 'global')).code).toBe(0)
    await write('global.json', many(5))
    const first = await run('--source', 'global')
    expect(first.stdout).toContain('Source "global": AWAITING_APPROVAL\n  It would decommission 25 of 30')
    expect(first.stderr).toMatch(
      /^rollcall: The 25 devices .* await approval: `rollcall plan approve U3luY1BsYW46Mg` applies that/,
    )
    expect(first.code).toBe(1)
    const second = await run('--source', 'global', '--json')
    expect(JSON.parse(second.stdout)).toEqual([
      {
        id: 'U3luY1BsYW46Mw',
        source: 'global',
        state: 'AWAITING_APPROVAL',
        reason: expect.stringContaining('25 of 30'),
        created: 0,
        updated: 0,
        decommissioned: 25,
        moved: 0,
        unchanged: 5,
        rejectedRecords: [],
        rejectedReasons: [],
        changes: expect.arrayContaining([
          { action: 'DECOMMISSIONED', name: 'r6', site: 'Lyon', country: 'France', fields: [] },
        ]),
        warnings: [],
        plannedAt: expect.stringMatching(/Z$/),
        decidedAt: null,
        decidedBy: null,
      },
    ])
    expect(second.code).toBe(1)
    expect(Object.keys((await exported()).France.Lyon)).toHaveLength(30)
  })

  it('exits with 1 if a source cannot be read, and syncs the others', async () => {
    const { run, folder, exported } = await newFolder([])
    await rm(join(folder, 'global.json'))
    const { code, stdout, stderr } = await run()
    expect(stdout).toMatch(
      /^Source "global": FAILED\n {2}.*global\.json does not exist.*\n\nSource "lab": APPLIED\n/,
    )
    expect(stderr).toBe('rollcall: Source "global" could not be synced; nothing of it was changed.\n')
    expect(code).toBe(1)
    expect(await exported()).toEqual({ France: { Lyon: { l1: 'l1.example.net' } } })
  })

  it('lists the known sources in a sentence, or says that there is none', async () => {
    const { run, write } = await newFolder([])
    expect(await run('--source', 'other')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'rollcall: The configuration has no source "other"; it has "global", "lab".\n',
    })
    await write('rollcall.yaml', 'database: ./other.db')
    expect(await run()).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'rollcall: There is nothing to sync with: name at least one source under `sources` in the configuration.\n',
    })
  })
})

describe('rollcall export', () => {
  it('of the hierarchy is an inventory that changes nothing', async () => {
    const records = [
      raw('r1', { port: 2022, platform: 'iosxe', region: 'EMEA', credential: 'core', key: '7' }),
      raw('r2', { region: 'EMEA' }),
    ]
    const { run, write, exported } = await newFolder(records, [])
    await run()
    await write('global.json', await exported())
    expect(JSON.parse((await run('--json')).stdout)).toMatchObject([
      { created: 0, updated: 0, decommissioned: 0, unchanged: 2, rejectedRecords: [] },
      { unchanged: 0 },
    ])
  })

  it.each([
    ['hierarchy', 'csv', 'country,site,device,address\nFrance,Lyon,r1,r1.example.net\n'],
    ['hierarchy', 'ndjson', '{"country":"France","site":"Lyon","device":"r1","address":"r1.example.net"}\n'],
    [
      'devices',
      'csv',
      'name,address,port,site,country,region,platform,credential,key,lifecycle,netconfSupported,lastOutcome,lastProbedAt,phase,message\nr1,r1.example.net,830,Lyon,France,,,,,ACTIVE,,,,,\n',
    ],
    [
      'devices',
      'json',
      '[\n  {"name":"r1","address":"r1.example.net","port":830,"site":"Lyon","country":"France","region":null,"platform":null,"credential":null,"key":null,"lifecycle":"ACTIVE","netconfSupported":null,"lastOutcome":null,"lastProbedAt":null,"phase":null,"message":null}\n]\n',
    ],
  ])('%s as %s', async (what, format, text) => {
    const { folder, run } = await newFolder([raw('r1')], [])
    await run()
    const { stdout } = await runInProcess(['export', what, '--format', format, '--all'], { cwd: folder })
    expect(stdout).toBe(text)
  })
})
