/** What a GraphQL request was answered with. */
export interface Answer<T = unknown> {
  data?: T | null
  errors?: {
    message: string
    path?: (string | number)[]
    extensions: { code: string; errorId?: string }
  }[]
}

/** POSTs an operation to `url`, whatever comes of it. */
export async function post(
  url: string,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
}

/** The answer to a query or a mutation, errors and all. */
export async function ask<T = unknown>(url: string, query: string, variables?: object): Promise<Answer<T>> {
  return (await (await post(url, query, variables)).json()) as Answer<T>
}

/** The data that a query or a mutation gives; fails where there is an error. */
export async function dataOf<T>(url: string, query: string, variables?: object): Promise<T> {
  const { data, errors } = await ask<T>(url, query, variables)
  if (errors || !data) throw new Error(`The answer has errors: ${JSON.stringify(errors)}`)
  return data
}
