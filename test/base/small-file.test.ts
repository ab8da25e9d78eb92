import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-small-file-'))
})

afterAll(() => rm(folder, { recursive: true }))

/** What is said of a configuration that names the file for a secret of each kind. */
async function problemsWith(name: string): Promise<string[]> {
  const file = join(folder, 'rollcall.yaml')
  await writeFile(
    file,
    `auth: { mode: jwt, jwt: { jwksFile: ./${name}, issuer: https://a.example/, audience: a } }
sources: [{ name: s, type: http, url: "https://b.example", tokenFile: ./${name}, caFile: ./${name} }]
credentials: [{ name: c, username: u, passwordFile: ./${name}, privateKeyFile: ./${name} }]`,
  )
  try {
    loadConfig({ file, env: {} })
    return []
  } catch (failure) {
    return String(failure)
      .split('\n')
      .filter((line) => line.includes(`/${name}, which `))
      .map((line) => line.replace(/^.*, which /, ''))
  }
}

describe('a file that a configuration names is refused', () => {
  it('if it is a pipe, which may never be written to', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(await problemsWith('pipe')).toEqual(
      Array(5).fill('cannot be read: it is a pipe or a device, not a file.'),
    )
  })

  it('if it is far too large', async () => {
    await writeFile(join(folder, 'large'), '')
    await truncate(join(folder, 'large'), 5_000_000)
    expect(await problemsWith('large')).toEqual(
      Array(5).fill('cannot be read: it has 5000000 bytes, more than 1048576.'),
    )
  })

  it('if it is a directory', async () => {
    await mkdir(join(folder, 'folder'))
    expect(await problemsWith('folder')).toEqual(Array(5).fill('is a directory, not a file.'))
  })
})
