import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './markdown.ts'

/** The path of a file in bold, and its text as a block of code. */
const RECIPE = /^\*\*`([\w./-]+)`\*\*\n\n```(\w+)\n[\s\S]*?^```$/gm

/** Returns the document with the texts of the files that it shows, which stand in test/frontends. */
export function withRecipes(document: string): string {
  return document.replaceAll(RECIPE, (_recipe, path: string, language: string) => {
    const text = readFileSync(join(ROOT, 'test/frontends', path), 'utf8')
    return `**\`${path}\`**\n\n\`\`\`${language}\n${text}\`\`\``
  })
}

/** Returns the paths of the files that a document shows. */
export function recipesIn(document: string): string[] {
  return [...document.matchAll(RECIPE)].map(([, path]) => path ?? '')
}
