import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const SCRIPT = fileURLToPath(new URL('support/flooding-log.ts', import.meta.url))
/** Of more than 200 bytes: more than a pipe has room for, and more than may wait. */
const LINES = 20_000

function flood(lines: number, log: 'pipe' | number = 'pipe') {
  const child = spawn(process.execPath, [SCRIPT, String(lines)], { stdio: ['pipe', 'pipe', log] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null) throw new Error('These are pipes.')
  return { child, stdin, stdout, stderr: stderr ?? Readable.from([]) }
}

async function line(stream: NodeJS.ReadableStream): Promise<string> {
  return String((await once(stream, 'data'))[0])
}

async function linesOf(stream: NodeJS.ReadableStream): Promise<{ line?: number; dropped?: number }[]> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
    .split('\n')
    .filter((each) => each !== '')
    .map((each) => JSON.parse(each))
}

describe('the log in a pipe', () => {
  it('never blocks while nobody reads it: lines are dropped, and their number is logged later', async () => {
    const { stdin, stdout, stderr } = flood(LINES)
    expect(await line(stdout)).toBe(`has logged ${LINES} lines\n`)
    const read = linesOf(stderr)
    stdin.write('end\n')
    const end = await line(stdout)
    const lines = await read
    const kept = lines.filter((each) => each.dropped === undefined)
    // The oldest are kept, in their order.
    expect(kept.map((each) => each.line)).toEqual(kept.map((_, index) => index + 1))
    expect(kept.length).toBeGreaterThan(1_000)
    const dropped = lines.reduce((sum, each) => sum + (each.dropped ?? 0), 0)
    expect(dropped).toBe(LINES - kept.length)
    expect(end).toBe(`all is written, ${dropped} dropped\n`)
  })

  it('does not delay the end of the process', async () => {
    const { child, stdin, stdout } = flood(LINES)
    await line(stdout)
    stdin.write('end\n')
    expect(await line(stdout)).toMatch(/^nobody reads, [1-9]\d+ dropped\n$/)
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('causes no failure after its reader is gone', async () => {
    const { child, stdin, stdout, stderr } = flood(LINES)
    stderr.destroy()
    expect(await line(stdout)).toBe(`has logged ${LINES} lines\n`)
    stdin.write('end\n')
    expect(await line(stdout)).toMatch(/^all is written, [1-9]\d+ dropped\n$/)
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('loses no line if it is read', async () => {
    const { stdin, stderr } = flood(300)
    const read = linesOf(stderr)
    stdin.write('end\n')
    expect((await read).map((each) => each.line)).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    )
  })
})

describe('the log in a file', () => {
  it('has each line as soon as it is logged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-log-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'log')
    const { child, stdout } = flood(50, openSync(path, 'a'))
    await line(stdout)
    child.kill('SIGKILL')
    expect((await readFile(path, 'utf8')).trimEnd().split('\n')).toHaveLength(50)
  })

  it.runIf(process.platform === 'linux')('may be on a full disk', async () => {
    const { child, stdin, stdout } = flood(50, openSync('/dev/full', 'w'))
    expect(await line(stdout)).toBe('has logged 50 lines\n')
    stdin.write('end\n')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
