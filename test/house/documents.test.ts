import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { schema } from '../../src/api/schema/schema.ts'
import { PROBE_OUTCOMES } from '../../src/netconf/outcome/outcome.ts'
import { PROBE_HOLDS } from '../../src/refresh/holds.ts'
import { useConfigFile } from '../config/support/config-file.ts'
import { FLOORS, ROOMS, TOP } from './floors.ts'
import { blocksOf, brokenLinks, DOCUMENTS, firstCells, proseOf, ROOT, readDocument } from './markdown.ts'

const FILES = ['.ci', 'docs', 'migrations', 'schema', 'src', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `/${folder}/${path}`),
)
const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> }

/** Whether some file has this path, or this end of a path. `*` stands for any part of a name. */
function exists(path: string): boolean {
  const parts = path.split('*').map((part) => part.replaceAll('.', '\\.'))
  const end = new RegExp(`/${parts.join('[^/]*')}$`)
  return FILES.some((file) => end.test(file))
}

/** Whether a block begins with the name of a file that another program reads: `# prometheus.yml`. */
function isOfAnotherProgram(text: string): boolean {
  return /^# (?!rollcall)[\w.-]+\.ya?ml\n/.test(text)
}

describe.each(DOCUMENTS)('%s', (document) => {
  it('has no relative link that leads nowhere', () => {
    expect(brokenLinks(document)).toEqual([])
  })

  it('names only files that exist', () => {
    const paths = [...proseOf(document).matchAll(/`([\w*./-]+\.(?:ts|graphql))`/g)].map(
      ([, path]) => path ?? '',
    )
    // It lies beside the clone: see INTEROP_SHARED.
    const own = paths.filter((path) => path !== 'contract/schema.graphql')
    expect(own.filter((path) => !exists(path))).toEqual([])
  })

  it('names only npm scripts that exist', () => {
    const names = [...readDocument(document).matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(
      ([, name]) => name ?? '',
    )
    expect(names.filter((name) => !(name in scripts))).toEqual([])
  })
})

const file = useConfigFile()

describe('the documentation', () => {
  const examples = DOCUMENTS.flatMap(blocksOf).filter(({ language }) => language === 'yaml')

  it.each(examples.filter(({ text }) => !isOfAnotherProgram(text)))(
    'has an example of the configuration that can be loaded in $place',
    async ({ text }) => {
      // Regions need PostgreSQL, and an example of them leaves out what is not about them.
      const database = /^probers:/m.test(text) ? 'database: postgres://rollcall@db.example/rollcall\n' : ''
      await file.load(`${database}${text}`, { reads: [], env: { DB_PASSWORD: 'secret' } })
    },
  )

  it('has JSON that can be parsed', () => {
    const blocks = DOCUMENTS.flatMap(blocksOf).filter(({ language }) => language === 'json')
    expect(blocks.length).toBeGreaterThan(0)
    for (const { place, text } of blocks) expect(() => JSON.parse(text), place).not.toThrow()
  })

  it.each(['README.md', 'docs/README.md'])('has every document in the table of %s', (index) => {
    const text = readDocument(index)
    const missing = DOCUMENTS.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md').filter(
      (path) => !text.includes(`](${index === 'README.md' ? path : path.replace('docs/', '')})`),
    )
    expect(missing).toEqual([])
  })

  it('explains each outcome and each hold', () => {
    expect(firstCells('docs/outcomes.md').sort()).toEqual(
      [...PROBE_OUTCOMES, 'Device.probeHold', ...PROBE_HOLDS].sort(),
    )
  })

  it('names each query, mutation and subscription', () => {
    const text = readDocument('docs/api.md')
    const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
    const names = types.flatMap((type) => Object.keys(type?.getFields() ?? {}))
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })

  it('lists each benchmark', () => {
    const text = readDocument('docs/benchmarks.md')
    const benchmarks = Object.keys(scripts).filter((name) => name.startsWith('bench:'))
    expect(benchmarks.filter((name) => !text.includes(`npm run ${name}`))).toEqual([])
  })

  it('lists each module with its floor, and the folders that are its rooms in their order', () => {
    const isFolder = (room: string) => room !== TOP && !room.includes('.')
    const rows = [...readDocument('CONTRIBUTING.md').matchAll(/^\| (\d) \| `([\w.-]+?)\/?` \| (.+) \|$/gm)]
    const found = rows.map(([, floor, module, text = '']) => {
      const names = [...text.matchAll(/`([\w.-]+?)\/?`/g)].map(([, name]) => name ?? '')
      return [
        module,
        Number(floor),
        names.filter((name) => isFolder(name) && ROOMS[module ?? '']?.includes(name)),
      ]
    })
    const expected = Object.entries(FLOORS).map(([module, floor]) => [
      module,
      floor,
      (ROOMS[module] ?? []).filter(isFolder),
    ])
    expect(found.sort()).toEqual(expected.sort())
  })
})
