import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const DEPLOY = join(import.meta.dirname, '../../../deploy')

/** The names of the files of one kind in a folder of `deploy/`. */
export function deployFiles(folder: string, extension: string): string[] {
  return readdirSync(join(DEPLOY, folder)).filter((name) => name.endsWith(extension))
}

export function readDeployFile(path: string): string {
  return readFileSync(join(DEPLOY, path), 'utf8')
}

/** Reads the documents of a YAML file, with its anchors and merges resolved. Rejects what is not plain YAML 1.2. */
export function readDocuments(path: string): unknown[] {
  return parseAllDocuments(readDeployFile(path), { merge: true }).map((document) => {
    if ('errors' in document && document.errors.length > 0) throw document.errors[0]
    return document.toJS()
  })
}

/** Makes a configuration read secrets from a folder instead of /run/secrets, and writes them there. */
export async function withSecrets(
  config: string,
  secrets: readonly string[],
  folder: string,
): Promise<string> {
  for (const path of secrets) {
    const file = join(folder, 'secrets', path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `secret of ${path}\n`)
  }
  return config.replaceAll('/run/secrets', join(folder, 'secrets'))
}
