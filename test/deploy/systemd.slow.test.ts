import { execFile } from 'node:child_process'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { isInstalled } from '../support/is-installed.ts'
import { DEPLOY, deployFiles } from './support/deploy-files.ts'

const run = promisify(execFile)

/** The most that systemd-analyze may find exposed, of 10. */
const MAX_EXPOSURE = 20

const UNITS = deployFiles('systemd', '.service')

/** The folder of a system that has a unit and the programs that it starts. */
async function systemWith(unit: string): Promise<string> {
  const root = await temporaryFolder()
  const units = join(root, 'etc/systemd/system')
  await mkdir(units, { recursive: true })
  for (const program of ['usr/local/bin/rollcall', 'bin/kill']) {
    await mkdir(join(root, dirname(program)), { recursive: true })
    await writeFile(join(root, program), '#!/bin/sh\n', { mode: 0o755 })
  }
  await copyFile(join(DEPLOY, 'systemd', unit), join(units, unit))
  return root
}

describe.each(UNITS)('%s', (unit) => {
  beforeEach(({ skip }) => skip(!isInstalled('systemd-analyze'), 'systemd is not installed'))

  it('has no mistake that systemd knows of', async () => {
    const root = await systemWith(unit)
    const { stdout, stderr } = await run('systemd-analyze', [
      'verify',
      '--man=no',
      '--recursive-errors=no',
      `--root=${root}`,
      unit,
    ])
    expect(stdout + stderr).toBe('')
  })

  it('leaves the service few rights', async () => {
    const root = await systemWith(unit)
    const options = ['--offline=yes', `--threshold=${MAX_EXPOSURE}`, `--root=${root}`, '--no-pager']
    await run('systemd-analyze', ['security', ...options, unit])
  })
})
