import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { fileProblem } from '../base/file-problem.ts'
import { decodeText } from '../base/text.ts'
import type { FileConfig } from './file-schema.ts'
import type { NameKey } from './problems.ts'
import type { AuthConfig, JwtConfig } from './schema.ts'

/** As much of RFC 7517 as tells a set of keys from anything else. */
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })

/** Who may use the API, the keys read where they are in a file, unless nobody is to check any; what cannot be read is one sentence in `problems`. */
export function readAuth(
  { mode, jwt }: FileConfig['auth'],
  { folder, nameKey, reads }: { folder: string; nameKey: NameKey; reads: boolean },
): { auth: AuthConfig; problems: string[] } {
  if (mode !== 'jwt' || jwt === undefined) {
    return { auth: { mode: mode === 'tokens' ? 'tokens' : 'none' }, problems: [] }
  }
  const problems: string[] = []
  const keys: JwtConfig['keys'] =
    jwt.jwks === undefined
      ? { set: reads ? readKeySet(resolve(folder, jwt.jwksFile ?? ''), nameKey, problems) : { keys: [] } }
      : { url: jwt.jwks.href }
  const { issuer, audience, roleClaim = 'role', nameClaim = 'sub', roles = null } = jwt
  return { auth: { mode, keys, issuer, audience, roleClaim, nameClaim, roles }, problems }
}

function readKeySet(path: string, nameKey: NameKey, problems: string[]): z.output<typeof keySet> {
  const complain = (problem: string) => {
    problems.push(`${nameKey(['auth', 'jwt', 'jwksFile'])} names ${path}, which ${problem}.`)
    return { keys: [] }
  }
  try {
    const { data } = keySet.safeParse(JSON.parse(decodeText(readFileSync(path))))
    return data ?? complain('holds no JSON Web Key Set')
  } catch (thrown) {
    return complain(thrown instanceof SyntaxError ? 'holds no JSON' : fileProblem(thrown))
  }
}
