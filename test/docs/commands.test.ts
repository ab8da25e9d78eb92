import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { parse, validate } from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../../src/api/schema/schema.ts'
import { VERSION } from '../../src/base/version.ts'
import { blocksOf, DOCUMENTS, proseOf, readDocument } from '../house/markdown.ts'
import { PROGRAMS_NOT_RUN } from './support/not-run.ts'
import { commandsOf } from './support/shell.ts'

/** A command in a document: the words that the shell makes of it. */
interface Call {
  place: string
  words: string[]
}

const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> }
// `npm run test:frontends` follows docs/frontends.md, whose commands are for the project of a frontend.
const FOLLOWED = DOCUMENTS.filter((document) => !['CHANGELOG.md', 'docs/frontends.md'].includes(document))
const blocks = FOLLOWED.flatMap(blocksOf).filter(({ language }) => language === 'sh')
const calls: Call[] = []
const complaints: string[] = []

/** The calls of one program, with the words after its name. */
function callsOf(name: string): Call[] {
  return calls
    .filter(({ words }) => words[0] === name)
    .map(({ place, words }) => ({ place, words: words.slice(1) }))
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-docs-'))
  for (const { place, text } of blocks) {
    const { commands, stderr } = await commandsOf(text, folder)
    calls.push(...commands.map((words) => ({ place, words })))
    if (stderr !== '') complaints.push(`${place}: ${stderr}`)
  }
  await rm(folder, { recursive: true })
})

describe('the commands of the documentation', () => {
  it('can be read by bash, and are known to the tests', () => {
    expect(complaints).toEqual([])
    expect(calls.length).toBeGreaterThan(blocks.length)
    expect(calls.filter(({ words }) => words[0] === 'unknown')).toEqual([])
    const used = new Set(calls.map(({ words }) => words[0]))
    expect(Object.keys(PROGRAMS_NOT_RUN).filter((name) => !used.has(name))).toEqual([])
  })

  it('are accepted by rollcall', async () => {
    const all = [...callsOf('rollcall'), ...callsOf('npx').map(withoutName)]
    expect(all.length).toBeGreaterThan(10)
    expect(await refusedOf(all)).toEqual([])
  })

  it('name only what rollcall has also within the text', async () => {
    const spans = FOLLOWED.flatMap((place) =>
      [...proseOf(place).matchAll(/`(?:npx )?rollcall ([a-z][^`]*)`/g)].map(([, words = '']) => ({
        place,
        // One of the alternatives in `bash\|zsh\|fish` stands for all.
        words: words.replace(/\\?\|[\w\\|]+/g, '').split(/\s+/),
      })),
    )
    expect(spans.length).toBeGreaterThan(25)
    const refused = await refusedOf(spans)
    // A text may name a command without what it needs.
    expect(
      refused.filter((line) => !/missing required argument|not specified|: \(outputHelp\)/.test(line)),
    ).toEqual([])
  })

  it('are accepted by npm, with the version of now', () => {
    const own = ['ci', 'install', 'pack', 'start', 'test']
    const unknown = callsOf('npm').filter(
      ({ words: [verb = '', name = ''] }) => !(verb === 'run' ? name in scripts : own.includes(verb)),
    )
    expect(unknown).toEqual([])
    const versions = FOLLOWED.flatMap((document) =>
      [...readDocument(document).matchAll(/rollcall-(\d[\w.]*)\.tgz/g)].map(([, version]) => version),
    )
    expect(new Set(versions)).toEqual(new Set([VERSION]))
  })

  it('ask the API for what it has', () => {
    const bodies = callsOf('curl').flatMap(({ place, words }) =>
      words.includes('-d') ? [{ place, body: JSON.parse(words[words.indexOf('-d') + 1] ?? '') }] : [],
    )
    expect(bodies.length).toBeGreaterThan(2)
    const wrong = bodies.flatMap(({ place, body }) =>
      validate(schema, parse(body.query)).map(({ message }) => `${place}: ${message}`),
    )
    expect(wrong).toEqual([])
  })
})

function withoutName({ place, words: [name, ...words] }: Call): Call {
  expect(name, place).toBe('rollcall')
  return { place, words }
}

/** Returns a line for each call that commander refuses. */
async function refusedOf(all: readonly Call[]): Promise<string[]> {
  const worker = new Worker(new URL('./support/parse-commands.ts', import.meta.url), {
    workerData: all.map(({ words }) => words),
    stdout: true,
  })
  const [verdicts] = (await once(worker, 'message')) as [(string | null)[]]
  await worker.terminate()
  return all.flatMap(({ place, words }, index) =>
    verdicts[index] === null ? [] : [`${place}: rollcall ${words.join(' ')}: ${verdicts[index]}`],
  )
}
