import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { type LoadOptions, loadConfig } from '../../../src/config/load.ts'
import type { Config } from '../../../src/config/schema.ts'

/** A configuration file, in a folder of its own for each test. */
export class ConfigFile {
  folder = ''

  get path(): string {
    return join(this.folder, 'rollcall.yaml')
  }

  /** What the file is loaded as once it has this content. */
  async load(content: string, options: Partial<LoadOptions> = {}): Promise<Config> {
    await writeFile(this.path, content)
    return await loadConfig({ file: this.path, env: {}, ...options })
  }

  /** The text with paths as they are within the folder. */
  withoutFolder(text: string): string {
    return text.replaceAll(`${this.folder}/`, '')
  }
}

/** To be called once by a file of tests, before these. */
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
