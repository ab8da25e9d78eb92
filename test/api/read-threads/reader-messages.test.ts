import { GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { writeAnswer } from '../../../src/api/read-threads/reader-messages.ts'

const LIMITS = { max: 100_000, maxWithErrors: 2_000 }
const dataOf = (bytes: number) => ({ text: 'a'.repeat(bytes) })
const ERROR = new GraphQLError('It failed.')

describe('the answer of a reader thread', () => {
  it('is encoded into memory of its own, which can be transferred', () => {
    const { json, errors } = writeAnswer({ data: { name: 'Île' } })
    expect(errors).toEqual([])
    expect(Buffer.from(json?.buffer ?? new ArrayBuffer()).toString()).toBe('{"data":{"name":"Île"}}')
  })

  it('has no bytes without data, and has bytes beside errors', () => {
    expect(writeAnswer({ errors: [ERROR] })).toEqual({ json: undefined, errors: [ERROR] })
    const { json, errors } = writeAnswer({ data: null, errors: [ERROR] })
    expect([String(Buffer.from(json ?? [])), errors]).toEqual(['{"data":null}', [ERROR]])
  })

  it('is refused if it is too large, with advice', () => {
    expect(writeAnswer({ data: dataOf(1_000) }, LIMITS).errors).toEqual([])
    const { json, errors } = writeAnswer({ data: dataOf(200_000) }, LIMITS)
    expect(json).toBeUndefined()
    expect(errors).toMatchObject([
      {
        message: 'The answer has 0.2 MiB, and at most 0.1 MiB are allowed; ask for less at once, in pages.',
        extensions: { code: 'QUERY_TOO_COMPLEX', http: { status: 400 } },
      },
    ])
  })

  it('has a lower limit if it has errors', () => {
    expect(writeAnswer({ data: dataOf(3_000), errors: [ERROR] }, LIMITS)).toMatchObject({
      json: undefined,
      errors: [
        { message: expect.stringContaining('has errors, and'), extensions: { code: 'QUERY_TOO_COMPLEX' } },
      ],
    })
    expect(writeAnswer({ data: dataOf(1_000), errors: [ERROR] }, LIMITS).errors).toEqual([ERROR])
  })
})
