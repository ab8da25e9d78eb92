import { PLATFORMS, type Platform } from './platforms.ts'

/** The hello of one release of one platform. Only its session-id is missing. */
export class HelloTemplate {
  readonly platform: Platform
  /** The date of the release, YYYY-MM-DD. */
  readonly builtOn: string
  /** Whether it offers base:1.1 and with it chunked framing. */
  readonly offersChunks: boolean
  readonly #beforeId: Buffer
  readonly #afterId: Buffer

  constructor(platform: Platform, builtOn: string, capabilities: readonly string[]) {
    this.platform = platform
    this.builtOn = builtOn
    this.offersChunks = capabilities.includes('urn:ietf:params:netconf:base:1.1')
    const [before, after] = LAYOUTS[platform.layout](capabilities.map((uri) => uri.replaceAll('&', '&amp;')))
    this.#beforeId = Buffer.from(before)
    this.#afterId = Buffer.from(`${after}]]>]]>`)
  }

  /** Returns the bytes to send, with the delimiter that ends every hello (RFC 6242 section 4.1). */
  encode(sessionId: number): Buffer {
    return Buffer.concat([this.#beforeId, Buffer.from(String(sessionId)), this.#afterId])
  }
}

const NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

/** For each layout, the texts before and after the session-id. */
const LAYOUTS: Record<Platform['layout'], (uris: readonly string[]) => [string, string]> = {
  compact: (uris) => [
    `${DECLARATION}\n<hello xmlns="${NAMESPACE}"><capabilities>${uris
      .map((uri) => `<capability>${uri}</capability>`)
      .join('')}</capabilities><session-id>`,
    '</session-id></hello>',
  ],
  indented: (uris) => [
    `<hello xmlns="${NAMESPACE}">\n  <capabilities>\n${uris
      .map((uri) => `    <capability>${uri}</capability>\n`)
      .join('')}  </capabilities>\n  <session-id>`,
    '</session-id>\n</hello>\n',
  ],
  prefixed: (uris) => [
    `${DECLARATION}\n<nc:hello xmlns:nc="${NAMESPACE}">\n<nc:capabilities>\n${uris
      .map((uri) => `<nc:capability>${uri}</nc:capability>\n`)
      .join('')}</nc:capabilities>\n<nc:session-id>`,
    '</nc:session-id>\n</nc:hello>\n',
  ],
}

/** The capabilities that nearly every server has besides its base version (RFC 6241 section 8). */
const COMMON = [
  'urn:ietf:params:netconf:capability:candidate:1.0',
  'urn:ietf:params:netconf:capability:rollback-on-error:1.0',
  'urn:ietf:params:netconf:capability:validate:1.0',
  'urn:ietf:params:netconf:capability:with-defaults:1.0?basic-mode=explicit&also-supported=report-all,trim',
]

/** Modules of the IETF, with the revisions of their RFCs. The last ones came with later releases. */
const STANDARD_MODULES = [
  ['ietf-yang-types', '2013-07-15'],
  ['ietf-inet-types', '2013-07-15'],
  ['ietf-netconf-monitoring', '2010-10-04'],
  ['ietf-netconf-acm', '2012-02-22'],
  ['ietf-interfaces', '2014-05-08'],
  ['ietf-ip', '2014-06-16'],
  ['iana-if-type', '2014-05-08'],
  ['ietf-system', '2014-08-06'],
  ['ietf-hardware', '2018-03-13'],
  ['ietf-routing', '2018-03-13'],
] as const

const FIRST_RELEASE_STANDARD_MODULES = 7

function capabilitiesOf(platform: Platform, release: number, builtOn: string): string[] {
  const standard = STANDARD_MODULES.slice(0, FIRST_RELEASE_STANDARD_MODULES + release)
  const later = platform.features.slice(0, release * 2).map((feature) => `${feature}-extensions`)
  return [
    ...platform.bases,
    ...COMMON,
    ...platform.extras(builtOn),
    ...standard.map(([name, date]) => `urn:ietf:params:xml:ns:yang:${name}?module=${name}&revision=${date}`),
    ...[...platform.features, ...later].map((feature) => platform.moduleOf(feature, builtOn)),
  ]
}

/** Every release of every platform: the distinct capability sets of a fleet. */
export const HELLO_TEMPLATES: readonly HelloTemplate[] = PLATFORMS.flatMap((platform) =>
  platform.releases.map(
    (builtOn, release) => new HelloTemplate(platform, builtOn, capabilitiesOf(platform, release, builtOn)),
  ),
)
