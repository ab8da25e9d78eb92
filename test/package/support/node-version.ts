import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)

/** The npm that runs the tests. Another Node.js can run it as well. */
const NPM = process.env.npm_execpath ?? ''

/** What a compiler and its helpers are called. Each is there and fails. */
const COMPILERS = ['cc', 'c++', 'gcc', 'g++', 'clang', 'clang++', 'make', 'python', 'python3']

/** A Node.js of its own in a folder, on a machine that has no compiler. */
export interface NodeVersion {
  /** The environment of a user whose `node` this is. */
  env: NodeJS.ProcessEnv
  /** Runs npm with this Node.js in a folder. */
  npm(args: readonly string[], cwd: string): Promise<string>
}

/**
 * Installs a Node.js from its package on npm.
 *
 * @param version as npm understands it: `24`, `22.18.0`
 * @param npm the version of npm. Default: the one that runs the tests.
 */
export async function installNode(version: string, folder: string, npm?: string): Promise<NodeVersion> {
  await mkdir(folder, { recursive: true })
  const compilers = join(folder, 'no-compilers')
  await mkdir(compilers)
  for (const name of COMPILERS)
    await writeFile(join(compilers, name), '#!/bin/sh\nexit 127\n', { mode: 0o755 })
  // The package of one system, which the package `node` downloads when it is installed.
  const name = `node-linux-${process.arch}`
  const fresh = { ...cleanEnvironment(), PATH: process.env.PATH }
  const packages = [`${name}@${version}`, ...(npm === undefined ? [] : [`npm@${npm}`])]
  await runNpm({ node: process.execPath, npm: NPM }, ['install', '--prefix', folder, ...packages], {
    cwd: folder,
    env: fresh,
  })
  const bin = join(folder, 'node_modules', name, 'bin')
  const env = { ...fresh, PATH: [compilers, bin, process.env.PATH].join(delimiter) }
  const own = npm === undefined ? NPM : join(folder, 'node_modules/npm/bin/npm-cli.js')
  return { env, npm: (args, cwd) => runNpm({ node: join(bin, 'node'), npm: own }, args, { cwd, env }) }
}

/** The environment without what npm and the test runner add to it. The settings of registries are kept. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const added =
    /^(npm_(?!config_)|npm_config_(local_|global_)?prefix$|NODE_(ENV|OPTIONS|COMPILE_CACHE)$|VITEST|TEST$|INIT_CWD$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !added.test(name)))
}

async function runNpm(
  { node, npm }: { node: string; npm: string },
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  const { stdout } = await run(node, [npm, '--no-audit', '--no-fund', ...args], {
    ...options,
    maxBuffer: 2 ** 26,
  })
  return stdout
}
