import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  concatAST,
  lexicographicSortSchema,
  parse,
  print,
  printSchema,
  separateOperations,
  validate,
  validateSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'

const FOLDER = join(import.meta.dirname, '../../../schema')

const textsIn = (folder: string) =>
  readdirSync(join(FOLDER, folder)).map((file) => readFileSync(join(FOLDER, folder, file), 'utf8'))

describe('the schema', () => {
  it('is valid', () => {
    expect(validateSchema(schema)).toEqual([])
  })

  it('is the one in schema/schema.graphql; `npm run schema` writes that file', async () => {
    const printed = `${printSchema(lexicographicSortSchema(schema))}\n`
    await expect(printed).toMatchFileSnapshot('../../../schema/schema.graphql')
  })
})

describe('schema/operations', () => {
  const operations = separateOperations(
    concatAST(textsIn('documents').map((text) => parse(text, { noLocation: true }))),
  )
  const names = Object.keys(operations)

  it.each(names)(
    'has %s of schema/documents with its fragments; `npm run schema` writes it',
    async (name) => {
      const document = operations[name]
      if (document === undefined) throw new Error(`There is no operation ${name}.`)
      await expect(`${print(document)}\n`).toMatchFileSnapshot(join(FOLDER, `operations/${name}.graphql`))
    },
  )

  it('has no others, and each can be sent alone', () => {
    const files = readdirSync(join(FOLDER, 'operations'))
    expect(files.filter((file) => !names.includes(file.replace('.graphql', '')))).toEqual([])
    for (const text of textsIn('operations')) expect(validate(schema, parse(text))).toEqual([])
  })
})
