import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeText, withoutLineEnd } from '../../src/base/files.ts'
import { loadConfig } from '../../src/config/load.ts'

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from('grün')],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffgrün')],
    ['UTF-16, little-endian', Buffer.from('\ufeffgrün', 'utf16le')],
    ['UTF-16, big-endian', Buffer.from('\ufeffgrün', 'utf16le').swap16()],
    ['UTF-16 without a byte order mark', Buffer.from('grün', 'utf16le')],
    ['UTF-16 without a byte order mark, big-endian', Buffer.from('grün', 'utf16le').swap16()],
  ])('reads %s', (_, bytes) => {
    expect(decodeText(bytes)).toBe('grün')
  })

  it('reads UTF-16 with little ASCII in it, and UTF-8 with a zero byte', () => {
    const chinese = '设备名,地址\n核心路由器,十号\n'
    expect(decodeText(Buffer.from(chinese, 'utf16le'))).toBe(chinese)
    const zero = `${'x'.repeat(40)}\0`
    expect(decodeText(Buffer.from(zero))).toBe(zero)
  })

  it.each(['', 'a', '\ufffe'])('reads %j, which is not longer than a byte order mark', (text) => {
    expect(decodeText(Buffer.from(text))).toBe(text)
  })
})

describe('withoutLineEnd', () => {
  it.each([
    ['word', 'word'],
    ['word\n', 'word'],
    ['word\r\n\r\n', 'word'],
    [' two words ', ' two words '],
    ['\nword', '\nword'],
    ['\n', ''],
  ])('turns %j into %j', (text, expected) => {
    expect(withoutLineEnd(text)).toBe(expected)
  })
})

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
