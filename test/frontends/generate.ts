import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { preset } from '@graphql-codegen/client-preset'
import { codegen } from '@graphql-codegen/core'
import { buildSchema, parse } from 'graphql'
import relayCompiler from 'relay-compiler'
import config from './codegen.ts'

const FOLDER = import.meta.dirname

/** Writes what the frontends import: the typed documents, and the artifacts of Relay. */
export default async function generate(): Promise<void> {
  await Promise.all([generateDocuments(), generateArtifacts()])
}

/** Does what `graphql-codegen --config codegen.ts` does. Its program would bring 300 packages. */
async function generateDocuments(): Promise<void> {
  const sdl = readFileSync(join(FOLDER, config.schema), 'utf8')
  const documents = globSync(config.documents, { cwd: FOLDER }).map((location) => {
    const rawSDL = readFileSync(join(FOLDER, location), 'utf8')
    return { location, rawSDL, document: parse(rawSDL) }
  })
  for (const [folder, output] of Object.entries(config.generates)) {
    const files = await preset.buildGeneratesSection({
      baseOutputDir: folder,
      presetConfig: output.presetConfig,
      schema: parse(sdl),
      schemaAst: buildSchema(sdl),
      documents,
      plugins: [],
      pluginMap: {},
      config: { ...output.config, importExtension: config.importExtension },
      documentTransforms: output.documentTransforms.map((transformObject) => ({
        name: 'transform',
        transformObject,
      })),
    })
    await rm(join(FOLDER, folder), { recursive: true, force: true })
    await mkdir(join(FOLDER, folder), { recursive: true })
    await Promise.all(files.map(async (file) => writeFile(join(FOLDER, file.filename), await codegen(file))))
  }
}

/** Runs `relay-compiler` with relay.config.json. */
async function generateArtifacts(): Promise<void> {
  const folder = join(FOLDER, 'src/relay/__generated__')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  // The compiler adds to this file, and refuses to run without it.
  await writeFile(join(FOLDER, 'src/relay/persisted-documents.json'), '{}\n')
  await promisify(execFile)(relayCompiler, ['relay.config.json'], { cwd: FOLDER })
}

if (import.meta.main) await generate()
