import { z } from 'zod'
import { isLoopbackHost, list, mapping, path } from './values.ts'

const ORIGIN = 'an origin such as https://noc.example.org, without a path'

const origin = z.string(ORIGIN).refine((given) => given === '*' || isOrigin(given), { error: ORIGIN })

/** The keys of `server` that say what its pages and those of others may do. */
export const serverKeys = {
  /** The origins whose pages may use the API from a browser; `*`: all. */
  cors: list(origin),
  introspection: z.boolean('true or false'),
  graphiql: trueFalseOrAuto(),
}

export const SERVER_DEFAULTS = {
  cors: [] as string[],
  introspection: true,
  /** On a loopback address only. */
  graphiql: 'auto' as const,
}

export const persistedOperations = mapping({
  /** JSON: the texts of operations by their ids. */
  file: path.nullable(),
  only: z.boolean('true or false'),
}).superRefine(({ file, only }, context) => {
  if (file !== null || !only) return
  const message = 'is true, which needs "file" beside it: without one there is no operation to allow'
  context.addIssue({ code: 'custom', path: ['only'], message, params: { predicate: true } })
})

export const PERSISTED_OPERATIONS_DEFAULTS = { file: null, only: false }

/** Whether GraphiQL is served: `auto` is for whoever sits at the machine. */
export function resolveGraphiql({ host, graphiql }: { host: string; graphiql: boolean | 'auto' }): boolean {
  return graphiql === 'auto' ? isLoopbackHost(host) : graphiql
}

/** Of a whole configuration: who asks for GraphiQL by name would wonder where it is. */
export function refuseVainGraphiql(
  {
    server,
    persistedOperations: { only },
  }: {
    server: { graphiql: boolean | 'auto'; introspection: boolean }
    persistedOperations: { only: boolean }
  },
  context: z.core.$RefinementCtx,
): void {
  if (server.graphiql !== true || (server.introspection && !only)) return
  const why = only
    ? 'runs operations of its own, which "persistedOperations.only" refuses'
    : 'asks for the schema, which "server.introspection" refuses'
  const message = `is true, and GraphiQL ${why}; change one of the two`
  context.addIssue({ code: 'custom', path: ['server', 'graphiql'], message, params: { predicate: true } })
}

/** Of a whole configuration: any page may use the API only where it also has to show who it is. */
export function refuseOpenCors(
  { server, auth }: { server: { cors: readonly string[] }; auth: { mode: string } },
  context: z.core.$RefinementCtx,
): void {
  const index = server.cors.indexOf('*')
  if (index < 0 || auth.mode !== 'none') return
  const message =
    'is "*", which would let any page in a browser start refreshes; name the origins, or turn auth on'
  context.addIssue({ code: 'custom', path: ['server', 'cors', index], message, params: { predicate: true } })
}

/** The environment can say true and false in text only. */
function trueFalseOrAuto() {
  const message = 'auto, true or false'
  return z.union([z.string(), z.boolean()], message).transform((given, context): boolean | 'auto' => {
    if (given === 'auto' || typeof given === 'boolean') return given
    if (given === 'true' || given === 'false') return given === 'true'
    context.issues.push({ code: 'custom', message, input: given })
    return z.NEVER
  })
}

/** As browsers write it; one with a wildcard would never be sent. */
function isOrigin(given: string): boolean {
  return /^https?:[^*]+$/.test(given) && URL.parse(given)?.origin === given
}
