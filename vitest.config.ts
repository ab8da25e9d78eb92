import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { relayTags } from './test/frontends/relay-tags.ts'

// Seven projects: `unit` is what `npm test` runs and needs nothing but the clone; `slow` needs nothing else either and
// takes longer; `interop` needs a real NETCONF server and `postgres` one of PostgreSQL, which the environment names;
// `frontends` runs what docs/frontends.md shows; `browser` uses the console in Chromium; `package` installs what users
// install.

/** Tests that try random cases, of which `slow` tries many more. */
const PROPERTIES = [
  'test/**/*-properties.test.ts',
  'test/netconf/protocol/{framing,hello,rpc-reply}.test.ts',
  'test/sources/formats/json-error.test.ts',
  'test/store/query/{device-cursors,device-filters,site-filters}.test.ts',
  'test/store/results/change-replay.test.ts',
]

/** Tests that run over both kinds of database, and those that need PostgreSQL. */
const ON_POSTGRES = ['test/store/**/*.test.ts', 'test/api/schema/edges.test.ts', 'test/**/*.postgres.test.ts']

const ONLY_SQLITE = [
  'test/store/{sqlite,record-thread}/**',
  'test/store/query/{query-plans,query-plans-of-lists,text-criteria}.test.ts',
]

// Vitest reads this file more than once.
const { TEST_POSTGRES, ROLLCALL_TEST_POSTGRES: server = TEST_POSTGRES } = process.env
// The `rollcall` that tests start knows no such variable, and would refuse it.
delete process.env.ROLLCALL_TEST_POSTGRES
if (server) process.env.TEST_POSTGRES = server

if (process.argv.includes('postgres') && !server) {
  const line =
    'PostgreSQL is not tested: ROLLCALL_TEST_POSTGRES names no server; npm run test:postgres starts one.'
  process.stdout.write(`${line}\n`)
}

export default defineConfig({
  test: {
    // Vitest leaves a core to itself by default, which on two cores is every other one. Two workers for each core, because
    // each waits at times: for the disk, or for a device that stalls.
    maxWorkers: availableParallelism() * 2,
    // What is under test is loaded once, not once for each of its files: that would be half of the time.
    isolate: false,
    // Node.js loads the files as it does for users, without what Vite would do to each first.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Tests start hundreds of threads and processes. From this folder they read what is compiled already, which is half
    // of the processor time of their start.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/rollcall') },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/interop/**',
            'test/store/postgres/**',
            'test/frontends/**',
            'test/browser/**',
            'test/package/**',
            'test/**/*.slow.test.ts',
            'test/**/*.postgres.test.ts',
          ],
          // For what never ends: a test that ends may take as long as a busy machine needs.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 50_000 } },
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['test/**/*.slow.test.ts', ...PROPERTIES],
          env: { PROPERTY_RUNS_FACTOR: '8' },
          testTimeout: 300_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 100_000 } },
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: server ? ON_POSTGRES : [],
          exclude: ONLY_SQLITE,
          globalSetup: 'test/store/support/postgres-template.ts',
          env: { ROLLCALL_TEST_STORE: 'postgres' },
          testTimeout: 180_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 100_000 } },
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        plugins: [relayTags()],
        // Not `development`, which is Vite's default: graphql has a copy of itself for it, beside the one that Node.js
        // gives to the packages that build on it, and a schema of the one is none to the other.
        ssr: { resolve: { conditions: ['module', 'node'] } },
        test: {
          name: 'frontends',
          // Relay's tags are replaced by a plugin of Vite.
          experimental: { viteModuleRunner: true },
          include: ['test/frontends/**/*.test.ts'],
          globalSetup: 'test/frontends/generate.ts',
          testTimeout: 300_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 100_000 } },
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 900_000,
          // Each builds and installs, which is enough for two cores.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: 'test/browser/support/build.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 30_000 } },
          // Each has a browser, a gateway and a fleet, which is enough for two cores.
          fileParallelism: false,
        },
      },
    ],
  },
})
