/** The login that is sent with each request. */
export interface HttpLogin {
  /** The value of the `Authorization` header. */
  authorization: string
  /** The secrets to remove from all messages, in each form in which a server may repeat them. */
  secrets: readonly string[]
}

/** Creates a login with a bearer token (RFC 6750). */
export function bearerLogin(token: string): HttpLogin {
  return { authorization: `Bearer ${token}`, secrets: [token] }
}

/** Creates a login with a user name and password (RFC 7617), in UTF-8. */
export function basicLogin(username: string, password: string): HttpLogin {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64')
  return { authorization: `Basic ${encoded}`, secrets: [encoded, password] }
}

/** Creates a login with a NetBox token. Since NetBox 4.5, tokens begin with `nbt_` and are bearer tokens. */
export function netboxLogin(token: string): HttpLogin {
  return token.startsWith('nbt_') ? bearerLogin(token) : { authorization: `Token ${token}`, secrets: [token] }
}
