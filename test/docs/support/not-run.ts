// What the documentation shows and its tests do not run, with the reasons.

/** Programs in the documentation that no test runs, each with the reason. */
export const PROGRAMS_NOT_RUN: Readonly<Record<string, string>> = {
  '.ci/run': 'It is what CI runs.',
  createdb: 'It needs a server of PostgreSQL; test/support/temporary-postgres.ts makes its databases itself.',
  createuser: 'As createdb.',
  docker: 'It needs a Docker engine; test/package/image.test.ts runs the steps of the image without one.',
  install: 'It writes to /etc as root; test/deploy/systemd.slow.test.ts has the units checked by systemd.',
  kubectl: 'It needs a cluster; test/deploy/kubernetes.slow.test.ts checks the manifests.',
  openssl: 'It makes secrets, or asks a server that is not here.',
  pg_dump: 'As createdb; what it writes is the business of PostgreSQL.',
  pg_restore: 'As pg_dump.',
  systemctl: 'As install.',
  'systemd-sysusers': 'As install.',
}

/** Calls of `rollcall` that are not made when a document is followed, each with the test that makes them. */
export const CALLS_MADE_ELSEWHERE: Readonly<Record<string, string>> = {
  'db copy': 'test/store/maintenance/copy-database.postgres.test.ts, because it needs a server of PostgreSQL',
  prober: 'test/prober.postgres.test.ts, for the same reason',
  resume: 'test/cli/holds.test.ts, because it needs a suspended credential',
  simulate: 'test/cli/commands.test.ts, because it runs until Ctrl-C',
  trust: 'test/cli/holds.test.ts, because it needs a device whose key has changed',
}

/** A command that asks for a password at a terminal: test/cli/probe.test.ts answers it. */
export const AT_TERMINAL = /^npx rollcall probe [\d.:]+ --user \w+$/gm

/** Documents whose commands are not followed here, each with the reason. */
export const DOCUMENTS_NOT_FOLLOWED: Readonly<Record<string, string>> = {
  'CONTRIBUTING.md': 'It names what CI runs.',
  'docs/deploy.md': 'test/deploy and test/package test the package, the image, the units and the manifests.',
  'docs/frontends.md': '`npm run test:frontends` follows it.',
  'docs/notifications.md': 'test/cli/notify.test.ts has the receiver that it needs.',
  'docs/releasing.md': 'test/house/release-checks.slow.test.ts runs the checks of a release in a clone.',
  'docs/scale-out.md':
    'It needs a server of PostgreSQL; test/cluster and test/prober.postgres.test.ts have one.',
  'docs/traces.md': 'It installs packages that a clone has already; test/tracing has a collector.',
}
