import { describe, expect, it } from 'vitest'
import { KnownHosts } from '../../../src/netconf/ssh/host-keys.ts'

// Keys, fingerprints and hashed names are what OpenSSH's ssh-keygen made and printed.
const A = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3KfB1UdG2XH1ZDWmsu1RB+vBbxPoAoHlh1w8TbSH/6'
const B = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKj7hfyy5Ak4UcLh8NiNLL2UiAhUgFlRK3X6hT8VMlib'
const RSA =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDIOEmXHSDZZMD+RM6E3NTk6HzZf0aAwfdO2KY4dF27FVxCoVw1XIR0sm3+gs1C8NbluDbWcPzzQjkRoTWFwGoe2NMRtrb5UHKpqEZseUPTFP4oKf+ec40iauOD8moPgQiU6hlcdFEqfPSZmUoGujHDLbDImDQTXSfnRdxwno54yw=='
const ECDSA =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMP1+O1SwUmHLXVVtGj++/gdWnEyPkoITNVTBjU+HVLx0PT3/RYWMxLjyZpw30VfdcqPhAtJWKwMta6lihHz148='
const FINGERPRINTS = {
  A: 'SHA256:2f12iSVHz0RcCpBI04lE9XsviXhdhn/omTDm9cb8pi4',
  B: 'SHA256:6c7l611oiva43U3NtoMuUU5rwmd161FDT3DFzAxdvqY',
  RSA: 'SHA256:fGc3xEnE6X1ABRflaoahNILh57kG1u3L7uNhFlBEb1U',
  ECDSA: 'SHA256:H+BYtoggtYG/eKoV10biT2Q6HQD1G5sKZzH533fhqjY',
}
const HASHED_R1 = `|1|hQQ0fux0xHtUMGcWkhkKt/pJ+t4=|m69pzOib0D2gIrKkmkSZp+S/Rk0= ${A}`
const HASHED_192_0_2_7_PORT_830 = `|1|m+6BTtRuC+xcmqgSpW6W9eZdUPE=|DtDe05q58rGvLKLrExpj7h2I9kY= ${B}`

/** The names of the keys that a file has for `host` or `[host]:port`, as above. */
function keysIn(file: string | string[], host: string, port = 830): string[] {
  const keys = new KnownHosts([file].flat().join('\n')).keysOf(host, port)
  return keys.map(({ fingerprint }) => nameOf(fingerprint))
}

function nameOf(fingerprint: string): string {
  return Object.entries(FINGERPRINTS).find(([, one]) => one === fingerprint)?.[0] ?? fingerprint
}

describe('KnownHosts', () => {
  it('returns keys with their algorithm and the fingerprint that OpenSSH prints', () => {
    const file = [`r1 ${A}`, `r1 ${RSA} admin@nms`, `r1\t${ECDSA}`].join('\n')
    expect(new KnownHosts(file).keysOf('r1', 22)).toEqual([
      { algorithm: 'ssh-ed25519', fingerprint: FINGERPRINTS.A },
      { algorithm: 'ssh-rsa', fingerprint: FINGERPRINTS.RSA },
      { algorithm: 'ecdsa-sha2-nistp256', fingerprint: FINGERPRINTS.ECDSA },
    ])
  })

  it.each<[string, string | string[], string, number, string[]]>([
    ['a name', `r1 ${A}`, 'r1', 22, ['A']],
    ['a name, whatever the case', `R1.Example.Net ${A}`, 'r1.eXample.net', 22, ['A']],
    ['another name', `r1 ${A}`, 'r2', 22, []],
    ['the beginning of a name', `r1 ${A}`, 'r1.example.net', 22, []],
    ['one name of several', `r1,192.0.2.1 ${A}`, '192.0.2.1', 22, ['A']],
    ['an IPv6 address', `2001:db8::1 ${A}`, '2001:db8::1', 22, ['A']],
    ['an IPv6 address with a port', `[2001:db8::1]:830 ${A}`, '2001:db8::1', 830, ['A']],
    ['a name with the port', `[r1]:830 ${A}`, 'r1', 830, ['A']],
    ['a name with another port', `[r1]:830 ${A}`, 'r1', 831, []],
    ['a name with a port, on the port of SSH', `[r1]:22 ${A}`, 'r1', 22, []],
    ['the port before the host', [`r1 ${A}`, `[r1]:830 ${B}`], 'r1', 830, ['B']],
    ['the host if the port has none', [`r1 ${A}`, `[r1]:22830 ${B}`], 'r1', 830, ['A']],
    ['a pattern', `*.example.net ${A}`, 'r1.example.net', 22, ['A']],
    ['a pattern with a question mark', `r? ${A}`, 'r12', 22, []],
    ['a pattern with the port', `[192.0.2.*]:830 ${A}`, '192.0.2.77', 830, ['A']],
    ['a pattern that is excluded', `*.example.net,!r1.* ${A}`, 'r1.example.net', 22, []],
    ['a pattern beside one that is excluded', `!r1.*,*.example.net ${A}`, 'r2.example.net', 22, ['A']],
    ['an excluded pattern alone', `!r1 ${A}`, 'r2', 22, []],
    ['a hashed name', HASHED_R1, 'r1.example.net', 22, ['A']],
    ['a hashed name, whatever the case', HASHED_R1, 'R1.Example.Net', 22, ['A']],
    ['another name than the hashed one', HASHED_R1, 'r2.example.net', 22, []],
    ['a hashed name with the port', HASHED_192_0_2_7_PORT_830, '192.0.2.7', 830, ['B']],
    ['a hashed name with another port', HASHED_192_0_2_7_PORT_830, '192.0.2.7', 22, []],
    ['several keys', [`r1 ${A}`, `other ${ECDSA}`, `r* ${B}`], 'r1', 22, ['A', 'B']],
    ['a key that stands there twice', [`r1 ${A}`, `r* ${A}`], 'r1', 22, ['A']],
    ['a revoked key', [`r1 ${A}`, `r1 ${B}`, `@revoked * ${A}`], 'r1', 22, ['B']],
    ['a key that is revoked for the host', [`[r1]:830 ${A}`, `@revoked r1 ${A}`], 'r1', 830, []],
    ['a key that is revoked for others', [`r1 ${A}`, `@revoked r2 ${A}`], 'r1', 22, ['A']],
    ['a certificate authority', `@cert-authority * ${A}`, 'r1', 22, []],
    ['a marker that nobody knows', `@trusted r1 ${A}`, 'r1', 22, []],
  ])('looks up %s', (_name, file, host, port, expected) => {
    expect(keysIn(file, host, port)).toEqual(expected)
  })

  it.each([
    ['comments and empty lines', `# r1 ${B}\n\n   \nr1 ${A}\n`],
    ['lines of Windows', `r2 ${B}\r\nr1 ${A}\r\n`],
    ['lines that begin with blanks', `  r1   ${A}  admin@nms`],
    ['a line that is none', `=\nr1 ${A}`],
    ['a line without a key', `r1\nr1 ssh-ed25519\nr1 ${A}`],
    ['a key that is no base64', `r1 ssh-ed25519 @@@@\nr1 ${A}`],
    ['a key that is cut off', `r1 ssh-ed25519 AAAA\nr1 ssh-ed25519 AAAAC3Nz\nr1 ${A}`],
    ['a key of another type than it says', `r1 ${B.replace('ssh-ed25519', 'ssh-rsa')}\nr1 ${A}`],
    ['a key of the first version of SSH', `r1 1024 35 1234567890\nr1 ${A}`],
    ['a hash of a kind that nobody knows', `|2|AAAA|BBBB ${B}\nr1 ${A}`],
  ])('ignores %s', (_name, file) => {
    expect(keysIn(file, 'r1', 22)).toEqual(['A'])
  })

  it('marks keys that are known for the host but not for the port', () => {
    const hosts = new KnownHosts(`r1 ${A}\n[r1]:830 ${B}\n`)
    const ofHost = { algorithm: 'ssh-ed25519', fingerprint: FINGERPRINTS.A }
    expect(hosts.keysOf('r1', 22)).toEqual([ofHost])
    expect(hosts.keysOf('r1', 830)).toEqual([{ algorithm: 'ssh-ed25519', fingerprint: FINGERPRINTS.B }])
    expect(hosts.keysOf('r1', 831)).toEqual([{ ...ofHost, ofOtherPort: true }])
  })

  it('finds hashed names repeatedly, in any order', () => {
    const hosts = new KnownHosts([HASHED_R1, HASHED_192_0_2_7_PORT_830].join('\n'))
    for (const [host, port, key] of [
      ['192.0.2.7', 830, 'B'],
      ['r1.example.net', 830, 'A'],
      ['192.0.2.7', 830, 'B'],
      ['r1.example.net', 22, 'A'],
    ] as const) {
      expect(hosts.keysOf(host, port).map(({ fingerprint }) => nameOf(fingerprint))).toEqual([key])
    }
  })

  it('looks up names in a large file as fast as in a small one', () => {
    const hostsOf = (length: number) =>
      new KnownHosts(Array.from({ length }, (_, index) => `r${index} ${A}`).join('\n'))
    const lookUp = (hosts: KnownHosts) => {
      const before = process.threadCpuUsage()
      let found = 0
      for (let index = 0; index < 50_000; index += 1) found += hosts.keysOf(`r${index % 20}`, 22).length
      expect(found).toBe(50_000)
      const { user, system } = process.threadCpuUsage(before)
      return user + system
    }
    const [small, large] = [lookUp(hostsOf(20)), lookUp(hostsOf(5_000))]
    expect(large).toBeLessThan(10 * small)
  })
})
