#!/usr/bin/env node
// Plain JavaScript, without imports at the top: under a Node.js that is too old this file is all that can be read,
// and better-sqlite3 would end the process without a word.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `rollcall: Node.js 22.18 or newer is needed and this is ${process.versions.node}; in a clone, start it through npm, which brings a newer one: npm run rollcall -- COMMAND\n`,
  )
  process.exitCode = 1
} else {
  await import('./main.ts')
}
