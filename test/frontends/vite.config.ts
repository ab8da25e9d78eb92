import { defineConfig } from 'vite'
import { relayTags } from './relay-tags.ts'

const gateway = process.env.GATEWAY_URL ?? 'http://127.0.0.1:4000'

export default defineConfig({
  plugins: [relayTags()],
  server: {
    proxy: {
      // An object, because a plain URL would change the Host header, and the gateway would take the page for one of
      // another site. With `ws`, WebSockets pass, too.
      '/graphql': { target: gateway, ws: true },
    },
  },
})
