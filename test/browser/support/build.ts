import { build } from 'vite'

/** Builds the console as it is now, where gateways look for it. */
export default async function buildConsole(): Promise<void> {
  await build({ root: 'src/console', configFile: 'src/console/vite.config.ts', logLevel: 'warn' })
}
