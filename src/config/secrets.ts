import type { FileConfig } from './file-schema.ts'
import { SecretReader, type SecretSources } from './read-secret.ts'
import type { Credential } from './schema.ts'

type WrittenCredential = FileConfig['credentials'][number]

/** Reads the secrets that credentials refer to; what cannot be read or used is one sentence in `problems`. */
export function readCredentials(
  written: readonly WrittenCredential[],
  sources: SecretSources,
): { credentials: Credential[]; problems: string[] } {
  const problems: string[] = []
  const credentials = written.map((credential, index): Credential => {
    const secrets = new SecretReader(credential, ['credentials', index], sources)
    if (secrets.has('passphrase') && !secrets.has('privateKey')) {
      secrets.complain('has a passphrase without a private key; add "privateKeyFile" or "privateKeyEnv"')
    }
    if (!secrets.has('password') && !secrets.has('privateKey')) {
      secrets.complain(
        'has nothing to log in with; add "passwordEnv", "passwordFile", "privateKeyEnv" or "privateKeyFile"',
      )
    }
    const read: Credential = {
      name: credential.name,
      username: credential.username,
      password: secrets.read('password'),
      privateKey: secrets.readPrivateKey(),
      match: credential.match ?? null,
    }
    problems.push(...secrets.problems)
    return read
  })
  return { credentials, problems }
}

/** The environment variables that hold the secrets of credentials and sources. */
export function referredVariables({ credentials, sources }: FileConfig): Set<string> {
  return new Set(
    [...credentials, ...sources].flatMap((places) =>
      Object.entries(places).flatMap(([key, value]) =>
        key.endsWith('Env') && typeof value === 'string' ? [value] : [],
      ),
    ),
  )
}
