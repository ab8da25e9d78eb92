import { type Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** A request that nobody means well with, and how it is refused. */
export interface HostileRequest {
  name: string
  /** Of a POST: JSON, mostly. */
  body: string | Buffer
  status: number
  code: 'QUERY_TOO_COMPLEX' | 'BAD_USER_INPUT'
}

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ')

const ask = (query: string, variables?: unknown) => JSON.stringify({ query, variables })

const nested = (count: number, open: string, inner: string, close: string) =>
  open.repeat(count) + inner + close.repeat(count)

const DEVICES = 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }'

const tooComplex: Record<string, string> = {
  'circles that all use each other': ask(
    `{ ...F0 } ${times(30, (index) => `fragment F${index} on Query { ${times(30, (other) => `...F${other}`)} }`)}`,
  ),
  '10,000 aliases': ask(`{ ${times(10_000, (index) => `a${index}: __typename`)} }`),
  'as many aliases as fit into the tokens': ask(`{ ${times(1_600, (index) => `a${index}: __typename`)} }`),
  '3,000 aliases of a heavy field': ask(
    `{ ${times(3_000, (index) => `a${index}: devices(first: 1000) { nodes { capabilities { uri } } }`)} }`,
  ),
  '90 aliases of a heavy field': ask(
    `{ ${times(90, (index) => `a${index}: devices(first: 1000) { nodes { name site { name } } }`)} }`,
  ),
  'a depth of 200': ask(`{ countries { ${nested(99, 'sites { country { ', 'name', ' } }')} } }`),
  'a depth of 100,000': ask(nested(100_000, '{a', '', '}')),
  '1,000 nested fragments': ask(
    `{ ...F0 } ${times(1_000, (index) => `fragment F${index} on Query { ...F${index + 1} }`)} fragment F1000 on Query { __typename }`,
  ),
  '500 nested fragments': ask(
    `{ ...F0 } ${times(500, (index) => `fragment F${index} on Query { ...F${index + 1} }`)} fragment F500 on Query { __typename }`,
  ),
  'fragments that each use the next one twice': ask(
    `{ ...F0 } ${times(30, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)} fragment F30 on Query { __typename }`,
  ),
  'a list of 100,000 lists within each other': ask(
    `{ devices(filter: { or: ${nested(100_000, '[', '', ']')} }) { totalCount } }`,
  ),
  'a list of 300 lists within each other': ask(
    `{ devices(filter: { or: ${nested(300, '[', '', ']')} }) { totalCount } }`,
  ),
  'a list of 100,000 values': ask(
    `{ devices(filter: { name: { in: [${times(100_000, () => '"x"')}] } }) { totalCount } }`,
  ),
  'an object of 20,000 fields': ask(
    `{ devices(filter: { ${times(20_000, (index) => `f${index}: 1`)} }) { totalCount } }`,
  ),
  '100,000 arguments that are not there': ask(
    `{ countries(${times(100_000, (index) => `a${index}: 1`)}) { name } }`,
  ),
  'a directive 10,000 times': ask(`{ countries ${times(10_000, () => '@include(if: true)')} { name } }`),
  '10,000 operations': ask(times(10_000, (index) => `query Q${index} { __typename }`)),
  '900,000 characters in one name': ask(`{ ${'a'.repeat(900_000)} }`),
  'the same field 300 times': ask(`{ ${times(300, () => 'countries { sites { name } }')} }`),
  'variables of 10,000 filters within each other': ask(DEVICES).replace(
    /\}$/,
    `,"variables":{"filter":${nested(10_000, '{"not":', '{}', '}')}}}`,
  ),
  'variables of 50,000 `or` within each other': ask(DEVICES).replace(
    /\}$/,
    `,"variables":{"filter":${nested(50_000, '{"or":[', '', ']}')}}}`,
  ),
  'variables with a list of 200,000 values': ask(DEVICES, {
    filter: { name: { in: Array(200_000).fill('x') } },
  }),
  'variables with an object of 50,000 fields': ask(DEVICES, {
    filter: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, 1])),
  }),
}

const badInput: Record<string, string | Buffer> = {
  'introspection within introspection': ask(
    `{ __schema { types { ${nested(6, 'fields { type { ', 'name', ' } }')} } } }`,
  ),
  'fragments in a circle': ask(
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }',
  ),
  'a fragment that uses itself': ask('{ ...A } fragment A on Query { __typename ...A }'),
  'fragments in a circle through inline fragments': ask(
    '{ countries { ...A } } fragment A on Country { ... on Country { sites { country { ... { ...A } } } } }',
  ),
  'a batch of 1,000': JSON.stringify(Array(1_000).fill({ query: '{ __typename }' })),
  'invalid UTF-8 in the query': Buffer.from(
    '{"query":"{ country(name: \\"\xff\xfe\\") { name } }"}',
    'latin1',
  ),
  'an overlong encoding': Buffer.from('{"query":"{ country(name: \\"\xc0\xaf\\") { name } }"}', 'latin1'),
  'a surrogate in UTF-8': Buffer.from('{"query":"{ country(name: \\"\xed\xa0\x80\\") { name } }"}', 'latin1'),
  'variables with keys of the prototype': `{"query":${JSON.stringify(DEVICES)},"variables":{"filter":{"__proto__":{"name":1},"constructor":1,"toString":1}}}`,
  '1,000 arguments that are not there': ask(
    `{ countries(${times(1_000, (index) => `name${index}: 1`)}) { name } }`,
  ),
  'an object of 1,000 fields that are not there': ask(
    `{ devices(filter: { ${times(1_000, (index) => `name${index}: 1`)} }) { totalCount } }`,
  ),
  'a wrong value of 500,000 characters': ask(DEVICES, { filter: { name: 'x'.repeat(500_000) } }),
}

export const HOSTILE_REQUESTS: readonly HostileRequest[] = [
  ...Object.entries(tooComplex).map(([name, body]) => ({
    name,
    body,
    status: 400,
    code: 'QUERY_TOO_COMPLEX' as const,
  })),
  ...Object.entries(badInput).map(([name, body]) => ({
    name,
    body,
    status: 400,
    code: 'BAD_USER_INPUT' as const,
  })),
  {
    name: '5 MB of query',
    body: ask(`{ __typename ${'#'.repeat(5_000_000)}`),
    status: 413,
    code: 'BAD_USER_INPUT',
  },
]

/** Resolves with the answer even where the server gives it before it has read all of the body. */
export function postHostile(
  url: string,
  body: string | Buffer,
  agent?: Agent,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        ...(agent && { agent }),
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      },
      (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, text: answer }), reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
