#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=50
// The flags, which the scripts of package.json set as well, make V8 collect garbage instead of keeping the
// memory. Plain JavaScript without imports at the top, because a Node.js that is too old can read only this
// file, and better-sqlite3 would end the process without a message.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `rollcall: Node.js 22.18 or newer is needed and this is ${process.versions.node}; in a clone, start it through npm, which brings a newer one: npm run rollcall -- COMMAND\n`,
  )
  process.exitCode = 1
} else {
  // Names are resolved by blocking calls on libuv's threads. With the default of four, a few dead names would
  // delay all others. libuv reads the variable when the first of these threads starts, so it must be set
  // here.
  process.env.UV_THREADPOOL_SIZE ??= '64'
  await import('./main.ts')
}
