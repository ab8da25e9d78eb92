import { lexicographicSortSchema, printSchema, validateSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'

describe('the schema', () => {
  it('is valid', () => {
    expect(validateSchema(schema)).toEqual([])
  })

  it('is the one in schema/schema.graphql; `npm run schema` writes that file', async () => {
    const printed = `${printSchema(lexicographicSortSchema(schema))}\n`
    await expect(printed).toMatchFileSnapshot('../../../schema/schema.graphql')
  })
})
