import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify, stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createLogger, type LogFormat } from '../../src/base/log.ts'

const SCRIPT = fileURLToPath(new URL('support/flooding-log.ts', import.meta.url))

function newLog(format?: LogFormat) {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  return { lines, log: createLogger({ level: 'info', ...(format && { format }), destination }) }
}

describe('a line of the log', () => {
  it('is JSON with the event, its fields and a message', () => {
    const { lines, log } = newLog()
    log.info({ event: 'refresh.started', refreshId: 12 }, 'refresh started')
    log.debug({ event: 'probe.notes' }, 'below the level')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 30,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        event: 'refresh.started',
        refreshId: 12,
        msg: 'refresh started',
      },
    ])
    expect(lines[0]?.endsWith('}\n')).toBe(true)
  })

  it.each(['json', 'pretty'] as const)('has no secret, as %s', (format) => {
    const { lines, log } = newLog(format)
    const credential = { name: 'lab', password: 'canary', nested: { token: 'canary' } }
    log.info({ event: 'test.secret', password: 'canary', credential }, 'text')
    expect(lines.join('')).toContain('[secret]')
    expect(lines.join('')).not.toContain('canary')
  })

  it('is a text for people with `pretty`', () => {
    const { lines, log } = newLog('pretty')
    log.warn({ event: 'region.unserved', region: 'EMEA', error: null }, 'the region has no prober')
    const text = stripVTControlCharacters(lines.join(''))
    expect(text).toMatch(
      /^\[[\d:.]+\] WARN: the region has no prober \{"event":"region.unserved","region":"EMEA","error":null\}\n$/,
    )
  })

  it('has no control characters of a device with `pretty`, and keeps the lines of a stack', () => {
    const { lines, log } = newLog('pretty')
    const said = 'a\u001b[2Jb\u0007\n[00:00:00] INFO: c\u009b'
    log.warn({ event: 'test.controls', said }, said)
    const shown = 'a[2Jb[00:00:00] INFO: c'
    expect(stripVTControlCharacters(lines.join(''))).toMatch(/^[\P{C}]+\n$/u)
    expect(lines.join('')).toContain(`${shown} `)
    log.error({ event: 'test.stack', err: new Error('boom') }, 'a bug')
    expect(lines.at(-1)).toMatch(/boom\n +at /)
  })
})

describe('the format `auto`', () => {
  it('is JSON in a pipe', async () => {
    const { stderr } = await run(process.execPath, [SCRIPT, '1'])
    expect(JSON.parse(stderr)).toMatchObject({ event: 'test.flood', line: 1 })
  })

  it.runIf(process.platform === 'linux')('is a text for people on a terminal', async () => {
    // `script` gives it a terminal.
    const { stdout } = await run('script', ['-qec', `"${process.execPath}" "${SCRIPT}" 1`, '/dev/null'])
    expect(stripVTControlCharacters(stdout)).toMatch(/INFO: flood/)
  })
})

/** Runs a program, which goes on once it can read a line. */
async function run(program: string, args: string[]): Promise<{ stdout: string; stderr: string }> {
  const running = promisify(execFile)(program, args)
  running.child.stdin?.end('end\n')
  return await running
}
