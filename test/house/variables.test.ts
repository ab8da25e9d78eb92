import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { unknownVariables } from '../../src/config/environment.ts'
import { DOCUMENTS, ROOT, readDocument } from './markdown.ts'

/** The files from which people copy names of variables. */
const FILES = [
  ...DOCUMENTS,
  'src/cli/init-text.ts',
  'src/cli/init-answers.ts',
  ...readdirSync(join(ROOT, 'deploy'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(ROOT.length + 1)),
]

const named = FILES.flatMap((file) =>
  [...readDocument(file).matchAll(/\bROLLCALL_[A-Z]\w*/g)].map(([name]) => ({ file, name })),
)

it.each(named)('$file names $name, which every configuration accepts', ({ name }) => {
  expect(unknownVariables({ [name]: 'x' }, {})).toEqual([])
})

it('names of variables are found', () => {
  expect(named.map(({ file }) => file)).toEqual(
    expect.arrayContaining(['docs/configuration.md', 'deploy/systemd/rollcall.service']),
  )
})
