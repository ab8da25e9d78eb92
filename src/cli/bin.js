#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=50
// The flags, which the scripts of package.json give as well, have V8 collect its garbage rather than keep the memory.
// Plain JavaScript, without imports at the top: under a Node.js that is too old this file is all that can be read,
// and better-sqlite3 would end the process without a word.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `rollcall: Node.js 22.18 or newer is needed and this is ${process.versions.node}; in a clone, start it through npm, which brings a newer one: npm run rollcall -- COMMAND\n`,
  )
  process.exitCode = 1
} else {
  // Names are resolved by blocking calls on libuv's threads: with its four, a few dead names would hold up all others.
  // Read when the first of them starts, so that this is the place to say it.
  process.env.UV_THREADPOOL_SIZE ??= '64'
  await import('./main.ts')
}
