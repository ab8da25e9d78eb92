import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileProblem } from '../base/file-problem.ts'
import type { FileConfig } from './file-schema.ts'
import type { NameKey } from './problems.ts'
import type { Credential } from './schema.ts'

type WrittenCredential = FileConfig['credentials'][number]
type Secret = 'password' | 'privateKey' | 'passphrase'

interface SecretSources {
  /** Relative paths start here. */
  folder: string
  env: NodeJS.ProcessEnv
  nameKey: NameKey
}

/** Reads the secrets that credentials refer to; what cannot be read or used is one sentence in `problems`. */
export function readCredentials(
  written: readonly WrittenCredential[],
  sources: SecretSources,
): { credentials: Credential[]; problems: string[] } {
  const problems: string[] = []
  const credentials = written.map((credential, index): Credential => {
    const name = (key?: string) => sources.nameKey(['credentials', index, ...(key ? [key] : [])])
    const read = (secret: Secret): string | undefined => {
      const found = readSecret(credential, secret, sources)
      if (found === null) return undefined
      if ('value' in found) return found.value
      problems.push(`${name(found.key)} ${found.problem}.`)
      return undefined
    }
    if (isGiven(credential, 'passphrase') && !isGiven(credential, 'privateKey')) {
      problems.push(
        `${name()} has a passphrase without a private key; add "privateKeyFile" or "privateKeyEnv".`,
      )
    }
    if (!isGiven(credential, 'password') && !isGiven(credential, 'privateKey')) {
      problems.push(
        `${name()} has nothing to log in with; add "passwordEnv", "passwordFile", "privateKeyEnv" or "privateKeyFile".`,
      )
    }
    return {
      name: credential.name,
      username: credential.username,
      password: read('password'),
      privateKey: read('privateKey'),
      passphrase: read('passphrase'),
      match: credential.match ?? null,
    }
  })
  return { credentials, problems }
}

/** The environment variables that hold the secrets of credentials. */
export function referredVariables(written: readonly WrittenCredential[]): Set<string> {
  return new Set(
    written.flatMap(({ passwordEnv, privateKeyEnv, passphraseEnv }) =>
      [passwordEnv, privateKeyEnv, passphraseEnv].filter((variable) => variable !== undefined),
    ),
  )
}

function isGiven(credential: WrittenCredential, secret: Secret): boolean {
  return credential[`${secret}Env`] !== undefined || credential[`${secret}File`] !== undefined
}

/** Null where the credential does without this secret. */
function readSecret(
  credential: WrittenCredential,
  secret: Secret,
  { folder, env }: SecretSources,
): { value: string } | { key: string; problem: string } | null {
  const variable = credential[`${secret}Env`]
  const file = credential[`${secret}File`]
  if (variable !== undefined && file !== undefined) {
    return { key: `${secret}File`, problem: `stands beside "${secret}Env"; remove one of them` }
  }
  if (variable !== undefined) {
    const key = `${secret}Env`
    const value = env[variable]
    if (value === undefined)
      return { key, problem: `names the environment variable ${variable}, which is not set` }
    return checkSecret(secret, value, key, `names the environment variable ${variable}, which`)
  }
  if (file === undefined) return null
  const key = `${secret}File`
  const path = resolve(folder, file)
  try {
    // An editor ends the last line of a file; that is no part of a password.
    const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
    return checkSecret(secret, value, key, `names ${path}, which`)
  } catch (thrown) {
    return { key, problem: `names ${path}, which ${fileProblem(thrown)}` }
  }
}

function checkSecret(
  secret: Secret,
  value: string,
  key: string,
  which: string,
): { value: string } | { key: string; problem: string } {
  if (value === '') return { key, problem: `${which} is empty` }
  if (secret === 'privateKey' && !/PRIVATE KEY-----|^PuTTY-User-Key-File/.test(value)) {
    return { key, problem: `${which} holds no private key; a public key or a certificate does not serve` }
  }
  return { value }
}
