import { join } from 'node:path'
import { createRequest, stringifyDocument } from '@urql/core'
import { defineConfig, type Plugin } from 'vite'
import solid from 'vite-plugin-solid'
import countries from 'world-countries'
import * as operations from './api/generated.ts'

const COUNTRY_IDS = 'virtual:country-ids'

/** The ids that the map has for countries (ISO 3166-1 numeric) by the codes that the API has (alpha-2). */
function countryIds(): Plugin {
  return {
    name: 'rollcall:country-ids',
    resolveId: (id) => (id === COUNTRY_IDS ? id : null),
    load(id) {
      if (id !== COUNTRY_IDS) return null
      const numericCodes = Object.fromEntries(countries.map(({ cca2, ccn3 }) => [cca2, ccn3]))
      return `export default ${JSON.stringify(numericCodes)}`
    },
  }
}

/**
 * Writes the console's operations, as its client sends them, for gateways that allow only known ones; see
 * `ConsoleFiles.operations`.
 */
function operationsFile(): Plugin {
  return {
    name: 'rollcall:operations',
    generateBundle() {
      const texts = Object.entries(operations).flatMap(([name, value]) =>
        name.endsWith('Document') ? stringifyDocument(createRequest(value.toString(), {}).query) : [],
      )
      this.emitFile({ type: 'asset', fileName: 'operations.json', source: JSON.stringify(texts) })
    },
  }
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [solid(), countryIds(), operationsFile()],
  build: {
    rolldownOptions: { checks: { pluginTimings: false } },
    license: { fileName: 'licenses.json' },
    outDir: join(import.meta.dirname, '../../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    // Inlined assets are `data:` addresses, which the page's policy allows for images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One style sheet with the first page: Vite does not load one again whose first request failed.
    cssCodeSplit: false,
  },
  server: {
    // `npx vite src/console` beside a gateway: the page from Vite, the data from the gateway.
    proxy: { '/graphql': 'http://127.0.0.1:4000', '/export': 'http://127.0.0.1:4000' },
  },
})
