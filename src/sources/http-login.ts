/** What a server is shown with each request. */
export interface HttpLogin {
  /** The value of the `Authorization` header. */
  authorization: string
  /** What must not stand in anything that a person gets to see, in the forms in which a server may say it back. */
  secrets: readonly string[]
}

/** RFC 6750. */
export function bearerLogin(token: string): HttpLogin {
  return { authorization: `Bearer ${token}`, secrets: [token] }
}

/** RFC 7617, in UTF-8. */
export function basicLogin(username: string, password: string): HttpLogin {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64')
  return { authorization: `Basic ${encoded}`, secrets: [encoded, password] }
}

/** Tokens of NetBox 4.5 and newer begin with `nbt_` and go as bearer tokens; older ones have a scheme of their own. */
export function netboxLogin(token: string): HttpLogin {
  return token.startsWith('nbt_') ? bearerLogin(token) : { authorization: `Token ${token}`, secrets: [token] }
}
