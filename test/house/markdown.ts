import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** Paths of the documents below the root of the project. */
export const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'test/netconf/faults/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Returns the text of a document without its blocks of code. */
export function proseOf(path: string): string {
  return readDocument(path).replace(/^```[\s\S]*?^```/gm, '')
}

/** Returns the relative links of a document that lead nowhere: the file or the heading does not exist. */
export function brokenLinks(path: string): string[] {
  const targets = [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !resolves(path, target))
}

function resolves(path: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const document = file === '' ? path : join(dirname(path), file)
  if (!existsSync(join(ROOT, document))) return false
  return anchor === undefined || anchorsOf(document).includes(anchor)
}

/** Returns the anchors of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  return [...proseOf(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Returns the first cell of each row of a document's tables, without the backticks around it. */
export function firstCells(path: string): string[] {
  return [...readDocument(path).matchAll(/^\| `(.+?)` \|/gm)].map(([, cell]) => cell ?? '')
}

/** A block of code in a document. */
export interface Block {
  /** As a link of an editor: `docs/api.md:12`. */
  place: string
  /** What the fence names: `sh`, `yaml`; empty if it names nothing. */
  language: string
  text: string
}

/** Returns the blocks of code of a document, in their order. */
export function blocksOf(path: string): Block[] {
  const text = readDocument(path)
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split('\n').length}`,
    language: match[1] ?? '',
    text: match[2] ?? '',
  }))
}
