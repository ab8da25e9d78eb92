import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CloseStack } from '../../../src/base/close.ts'
import { BIN } from '../../cli/run-rollcall.ts'

const ROOT = join(import.meta.dirname, '../../..')

/**
 * Builds the modules of the clone in a temporary folder, which the stack gets, and returns the bin that runs them, as that
 * of an installed package does. In a clone, each thread holds what Node.js strips types with, some 20 MB, which users of a
 * package do not have.
 */
export async function buildPackage(stack: CloseStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-built-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const bin = join(folder, 'src/cli/bin.js')
  await mkdir(join(folder, 'src/cli'), { recursive: true })
  await mkdir(join(folder, 'dist'))
  await Promise.all([
    copyFile(BIN, bin),
    copyFile(join(ROOT, 'package.json'), join(folder, 'package.json')),
    // The console may not be built; the link then leads nowhere, and the gateway has no console.
    ...['dist/console', 'node_modules', 'schema'].map((path) =>
      symlink(join(ROOT, path), join(folder, path)),
    ),
    compile(join(folder, 'dist')),
  ])
  return bin
}

async function compile(folder: string): Promise<void> {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const project = join(ROOT, 'tsconfig.build.json')
  await promisify(execFile)(process.execPath, [compiler, '-p', project, '--outDir', folder])
}
