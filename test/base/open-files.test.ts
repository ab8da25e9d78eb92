import { describe, expect, it } from 'vitest'
import { openFileLimit, shareOpenFiles } from '../../src/base/open-files.ts'

const GATEWAY = { threads: 1, probes: 200, connections: 10_000, minConnections: 32 }
const COMMAND = { threads: 1, probes: 200, connections: 0, minConnections: 0 }

describe('shareOpenFiles', () => {
  it.each([
    ['nothing if there is no limit', Infinity, GATEWAY, 200, 10_000],
    ['nothing if the limit is high', 20_000, GATEWAY, 200, 10_000],
    ['connections first', 4_096, GATEWAY, 200, 3_624],
    ['then probes as well', 256, GATEWAY, 46, 92],
    ['neither below what a gateway needs', 120, GATEWAY, 8, 32],
    ['only probes if nothing is served', 300, COMMAND, 114, 0],
  ])('reserves files, and reduces %s', (_what, limit, needs, probes, connections) => {
    expect(shareOpenFiles(limit, needs)).toMatchObject({ probes, connections })
  })

  it('warns if there are fewer probes than configured, or few connections', () => {
    expect(shareOpenFiles(4_096, GATEWAY).warning).toBeNull()
    expect(shareOpenFiles(256, GATEWAY).warning).toBe(
      'The limit of open files is 256, so at most 46 probes and 92 connections are open at once; raise it to at least 1472 (ulimit -n).',
    )
    expect(shareOpenFiles(1_472, GATEWAY).warning).toBeNull()
    expect(shareOpenFiles(1_471, GATEWAY).warning).toMatch(/at most 200 probes and 999 connections/)
    expect(shareOpenFiles(300, COMMAND).warning).toMatch(/at most 114 probes are open .* at least 472/)
    expect(shareOpenFiles(472, COMMAND).warning).toBeNull()
  })

  it('refuses a limit that is too low to work with', () => {
    expect(() => shareOpenFiles(119, GATEWAY)).toThrow(
      'The limit of open files is 119; raise it to at least 120 (ulimit -n).',
    )
  })

  it.runIf(process.platform === 'linux')('knows the limit of this process', () => {
    expect(openFileLimit()).toBeGreaterThan(64)
  })
})
