import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { RollcallError } from '../../../src/base/errors.ts'
import { type LoadOptions, loadConfig } from '../../../src/config/load.ts'
import type { Config } from '../../../src/config/schema.ts'

/** A configuration file, in a folder of its own for each test. */
export class ConfigFile {
  folder = ''

  get path(): string {
    return join(this.folder, 'rollcall.yaml')
  }

  /** Writes the content to the file and loads it. */
  async load(content: string, options: Partial<LoadOptions> = {}): Promise<Config> {
    await writeFile(this.path, content)
    return await loadConfig({ file: this.path, env: {}, ...options })
  }

  /** Returns the sentences with which this content is refused, without the path of the folder. */
  async problemsOf(content: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
    const thrown = await this.load(content, options).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (!(thrown instanceof RollcallError)) throw new Error('It was not refused.', { cause: thrown })
    expect(thrown.code).toBe('CONFIG_INVALID')
    return this.withoutFolder(thrown.message).split('\n')
  }

  /** Returns the text with paths relative to the folder. */
  withoutFolder(text: string): string {
    return text.replaceAll(`${this.folder}/`, '')
  }
}

/** Call this once in a file of tests, before them. */
export function useConfigFile(): ConfigFile {
  const file = new ConfigFile()
  beforeEach(async () => {
    file.folder = await mkdtemp(join(tmpdir(), 'rollcall-config-'))
  })
  afterEach(async () => {
    await rm(file.folder, { recursive: true })
  })
  return file
}
