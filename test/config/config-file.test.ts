import { execFile } from 'node:child_process'
import { truncate, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { useConfigFile } from './support/config-file.ts'

const config = useConfigFile()
const LOADER = new URL('../../src/config/load.ts', import.meta.url).pathname

describe.skipIf(process.platform === 'win32')('the configuration file', () => {
  it('is refused if it never ends', () => {
    expect(() => loadConfig({ file: '/dev/zero', env: {} })).toThrow(
      'The configuration file /dev/zero cannot be read: it has more than 1 MiB; name another with --config or ROLLCALL_CONFIG.',
    )
  })

  it('is refused if it is far too large', async () => {
    await writeFile(config.path, '')
    await truncate(config.path, 1024 * 1024 + 1)
    expect(() => loadConfig({ file: config.path, env: {} })).toThrow('it has more than 1 MiB')
  })

  it('may be /dev/null', () => {
    expect(loadConfig({ file: '/dev/null', env: {} })).toMatchObject({ sources: [] })
  })

  it('may be the output of a command, larger than a pipe holds', async () => {
    const script = `import { loadConfig } from '${LOADER}'
      console.log(loadConfig({ file: process.argv[1], env: {} }).server.port)`
    const shell = '"$1" --input-type=module -e "$2" <(echo "server: {port: 4123}"; printf "#%0200000d" 0)'
    const { stdout } = await promisify(execFile)('bash', ['-c', shell, 'bash', process.execPath, script])
    expect(stdout).toBe('4123\n')
  })
})
