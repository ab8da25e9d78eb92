import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { moduleUrl } from '../../src/base/module-url.ts'

const SRC = join(import.meta.dirname, '../../src')

it('names the module beside another one, in a clone and in what is built', () => {
  expect(moduleUrl('./thread.ts', 'file:///clone/src/a/pool.ts').href).toBe('file:///clone/src/a/thread.ts')
  expect(moduleUrl('./thread.ts', 'file:///app/dist/src/a/pool.js').href).toBe(
    'file:///app/dist/src/a/thread.js',
  )
})

it('is what names each main module of a thread or process, and each of them exists', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const texts = files.map((name) => ({ file: join(SRC, name), text: readFileSync(join(SRC, name), 'utf8') }))
  const named = texts.flatMap(({ file, text }) =>
    [...text.matchAll(/moduleUrl\(\s*'([^']+)'/g)].map(([, path = '']) => join(dirname(file), path)),
  )
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((path) => !existsSync(path))).toEqual([])
  // The compiler leaves such a path as it is, and it would not be found in the package.
  const unbuilt = texts.filter(({ text }) => /new URL\(\s*'[^']+\.ts'/.test(text))
  expect(unbuilt.map(({ file }) => file)).toEqual([])
})
