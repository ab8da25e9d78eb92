import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { parseDuration } from '../base/durations.ts'
import { parseRate } from '../base/rates.ts'

/*
 * The kinds of values in the file. Every message completes `"KEY" must be …`; that of an issue with `params.predicate`
 * completes `"KEY" …`. `problems.ts` makes sentences of them.
 */

/** Node.js fires a timer of more than 2^31 - 1 ms, some 24.8 days, at once. */
const LONGEST = '24d'

export function wholeNumber(least: number, most: number) {
  const error = `a whole number from ${least} to ${most}`
  return z
    .number(error)
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, { error })
}

/** Written with its unit; milliseconds once parsed. More than 24 days are for what no timer waits for. */
export function duration(least: string, most = LONGEST, examples = '500ms, 10s or 2h') {
  const leastMs = parseDuration(least) ?? 0
  const mostMs = parseDuration(most) ?? 0
  return z.union([z.string(), z.literal(0)], `a duration such as ${examples}`).transform((given, context) => {
    const durationMs = parseDuration(String(given))
    if (durationMs !== null && durationMs >= leastMs && durationMs <= mostMs) return durationMs
    const message = `a duration from ${least} to ${most}, such as ${examples}`
    context.issues.push({ code: 'custom', message, input: given })
    return z.NEVER
  })
}

/** Written as `100/s` or `90/m`; per second once parsed. */
export function rate(least: string, most: string) {
  const leastPerSecond = parseRate(least) ?? 0
  const mostPerSecond = parseRate(most) ?? 0
  return z.string('a rate such as 100/s or 90/m').transform((given, context) => {
    const perSecond = parseRate(given)
    if (perSecond !== null && perSecond >= leastPerSecond && perSecond <= mostPerSecond) return perSecond
    const message = `a rate from ${least} to ${most}, such as 100/s or 90/m`
    context.issues.push({ code: 'custom', message, input: given })
    return z.NEVER
  })
}

/** Written as `10%`; a fraction of 1 once parsed. */
export function percentage() {
  const message = 'a percentage from 0% to 100%, such as 10%'
  return z.string(message).transform((given, context) => {
    const percent = Number(/^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(given)?.[1] ?? Number.NaN)
    if (percent >= 0 && percent <= 100) return percent / 100
    context.issues.push({ code: 'custom', message, input: given })
    return z.NEVER
  })
}

/** A whole number or `auto`; the environment can say either in text only. */
export function countOrAuto(least: number, most: number) {
  const message = `auto or a whole number from ${least} to ${most}`
  return z.union([z.string(), z.number()], message).transform((given, context): number | 'auto' => {
    if (given === 'auto') return given
    const count = /^\d+$/.test(String(given)) ? Number(given) : Number.NaN
    if (count >= least && count <= most) return count
    context.issues.push({ code: 'custom', message, input: given })
    return z.NEVER
  })
}

export function text(error: string) {
  return z.string(error).refine((value) => value.trim() !== '' && !/\p{Cc}/u.test(value), { error })
}

export const path = text('the path of a file')

export const variable = z
  .string('the name of an environment variable')
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')

/** An object of these keys and no others. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'a mapping of keys to values' : undefined),
  })
}

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, 'a list')
}

/** A list whose items each have a name of their own. */
export function namedList<Item extends z.ZodType<{ name: string }>>(item: Item) {
  return list(item).superRefine((items, context) => {
    for (const [index, { name }] of items.entries()) {
      const first = items.findIndex((other) => other.name === name)
      if (first === index) continue
      const message = `is ${JSON.stringify(name)}, which number ${first + 1} of the list is named already; choose another`
      context.addIssue({ code: 'custom', path: [index, 'name'], message, params: { predicate: true } })
    }
  })
}

const EXAMPLE = 'the https:// URL of a server'

/**
 * Where a source is fetched from. Only HTTPS, and HTTP to this machine alone: what comes back says where credentials are
 * sent, and the login goes along with the request.
 */
export const serverUrl = urlOfServer(
  'holds a login, and would keep a secret in this file; name it with "username" and "passwordEnv", or "tokenEnv", instead',
)

/** The URL of a server that must be who it says it is; `loginProblem` says what to do about a login in it. */
export function urlOfServer(loginProblem: string) {
  return z.string(EXAMPLE).transform((given, context): URL => {
    const complain = (message: string, predicate: boolean) => {
      context.issues.push({ code: 'custom', message, input: given, params: { predicate } })
      return z.NEVER
    }
    const url = URL.canParse(given) ? new URL(given) : null
    if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return complain(EXAMPLE, false)
    if (url.username !== '' || url.password !== '') return complain(loginProblem, true)
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname.replace(/^\[|\]$/g, ''))) {
      return complain('is not encrypted, which only a server on this machine may be; use https://', true)
    }
    url.hash = ''
    return url
  })
}

/** Whether what listens on a host, an address or a name without brackets, is reached from its own machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
