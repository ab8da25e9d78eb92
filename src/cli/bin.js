#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=8 --heap-growing-percent=50 --v8-pool-size=1
// The flags, which the scripts of package.json set as well, make V8 collect garbage instead of keeping the
// memory, with one helper thread instead of four. Four helpers kept both processors of a small machine from the
// API. The variable, which scripts cannot set on Windows, has the GNU C library keep two pools of free memory
// instead of one for each of a dozen threads. Kernels before 5.1 read only 127 characters of the first line.
// Plain JavaScript for Node.js 12 and newer, without imports of the project at the top: a Node.js that is too
// old reads only this file, and better-sqlite3 would end the process without a message.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isRecent = major > 22 || (major === 22 && minor >= 18)
// A clone runs the TypeScript beside this file. The package has what was built of it instead, because Node.js
// strips no types below node_modules.
const isClone = existsSync(new URL('./main.ts', import.meta.url))
// `npm ci` in a clone brings a newer Node.js with the package `node`. npm and npx find it by themselves; a call
// of this file does not.
const name = process.platform === 'win32' ? 'node.exe' : 'node'
const brought = fileURLToPath(new URL(`../../node_modules/node/bin/${name}`, import.meta.url))

if (isRecent) {
  // V8 learns which objects outlive a collection, such as those of requests that wait for the database, and
  // then creates their kind in the old generation at once. There, each keeps what it refers to, the rest of its
  // request, until the old generation is collected. Collections took 30 % of the time of a busy API's thread
  // then, and 9 % without it. The first line has no room for the flag.
  setFlagsFromString('--no-allocation-site-pretenuring')
  // Where the system resolves names, it does so by blocking calls on libuv's threads (netconf/names.ts). With
  // the default of four, a few dead names would delay all others. libuv reads the variable when the first of
  // these threads starts, so it must be set here.
  if (process.env.UV_THREADPOOL_SIZE === undefined) process.env.UV_THREADPOOL_SIZE = '64'
  import(isClone ? './main.ts' : '../../dist/src/cli/main.js')
} else if (isClone && existsSync(brought)) {
  runWith(brought)
} else {
  const remedy = isClone ? '`npm ci` in the clone brings a newer one' : 'install a newer one'
  process.stderr.write(
    `rollcall: Node.js 22.18 or newer is needed and this is ${process.versions.node}; ${remedy}.\n`,
  )
  process.exitCode = 1
}

/**
 * Runs the command with another Node.js, hands signals on to it, and ends as it does.
 *
 * @param {string} node
 */
function runWith(node) {
  const words = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const child = spawn(node, words, { stdio: 'inherit' })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.once('error', (error) => {
    process.stderr.write(`rollcall: ${node} cannot be started (${error.message}); run \`npm ci\` again.\n`)
    process.exitCode = 1
  })
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
