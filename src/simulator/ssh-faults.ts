import type { Behaviour } from './behaviour.ts'
import type { AuthContext } from './ssh-server.ts'

type KeyboardContext = Extract<AuthContext, { method: 'keyboard-interactive' }>

const USERNAME = { prompt: 'Username: ', echo: true }
const PASSWORD = { prompt: 'Password: ', echo: false }
const TOKEN = { prompt: 'Token code: ', echo: true }

/** Accepts only keyboard-interactive logins, and calls `ask` for them. */
function asks(ask: (context: KeyboardContext, password: string) => void): Behaviour {
  return {
    ssh: {
      login(context, { account }) {
        if (context.method === 'keyboard-interactive') ask(context, account.password)
        else context.reject(['keyboard-interactive'])
      },
    },
  }
}

function askWithoutEnd(context: KeyboardContext): void {
  context.prompt([], () => askWithoutEnd(context))
}

/** Faults of SSH from the finished key exchange to the opened subsystem (RFC 4252, RFC 4254). */
export const SSH_FAULTS = {
  /** Sends an identification with a version and no name. */
  'nameless-identification': { ssh: { identification: '' } },
  'blank-identification': { ssh: { identification: ' ' } },
  /** Shows another host key from the second connection on. */
  'host-key-changes': {
    hostKeyLabel: (label, connection) => (connection === 1 ? label : `${label} after the change`),
  },
  /** Has only algorithms that are no longer considered safe. */
  'legacy-algorithms': {
    ssh: {
      algorithms: { kex: ['diffie-hellman-group14-sha1'], cipher: ['aes128-cbc'], hmac: ['hmac-sha1'] },
    },
  },
  /** Has only the cipher that OpenSSH prefers. */
  'chacha20-alone': { ssh: { algorithms: { cipher: ['chacha20-poly1305@openssh.com'] } } },
  'rejects-login': {
    ssh: { login: (context) => context.reject(['publickey', 'password']) },
  },
  /** Never answers the login, as if its AAA server were down. */
  'hangs-in-login': {
    ssh: { login: () => undefined },
  },
  'rejects-first-key': {
    ssh: {
      login(context, { admit }) {
        if (context.method === 'publickey') context.reject(['publickey', 'password'])
        else admit(context)
      },
    },
  },
  /** Returns the password as the name of a login method. */
  'echoes-password': {
    ssh: {
      login(context) {
        // On the wire, any text may stand in place of a method.
        if (context.method === 'password') context.reject([context.password as 'password'])
        else context.reject(['password'])
      },
    },
  },
  'asks-in-three-rounds': asks((context, password) => {
    context.prompt([USERNAME], () =>
      context.prompt([PASSWORD], ([answer]) =>
        context.prompt([], () => (answer === password ? context.accept() : context.reject())),
      ),
    )
  }),
  'asks-for-a-token': asks((context) => context.prompt([TOKEN], () => context.reject())),
  /** Asks the same question again, whatever the answer. */
  'asks-again': asks((context) =>
    context.prompt([PASSWORD], () => context.prompt([PASSWORD], () => context.reject())),
  ),
  'asks-without-end': asks(askWithoutEnd),
  'demands-a-new-password': {
    ssh: {
      login(context) {
        if (context.method === 'password') context.requestChange('It is too old.', () => undefined)
        else context.reject(['password'])
      },
    },
  },
  /** Sends the longest banner that fits into one packet. */
  'long-login-banner': {
    ssh: { banner: 'Trespassers will be logged.\r\n'.repeat(1000) },
  },
  'closes-in-login': {
    ssh: { login: (_context, { socket }) => socket.end() },
  },
  'resets-in-login': {
    ssh: { login: (_context, { socket }) => socket.resetAndDestroy() },
  },
  'refuses-channel': {
    ssh: { session: ({ rejectSession }) => rejectSession() },
  },
  'hangs-in-channel': {
    ssh: { session: () => undefined },
  },
  'refuses-subsystem': {
    ssh: { subsystem: ({ rejectSubsystem }) => rejectSubsystem() },
  },
  'hangs-in-subsystem': {
    ssh: { subsystem: () => undefined },
  },
  'closes-in-subsystem': {
    ssh: { subsystem: ({ socket }) => socket.end() },
  },
  'resets-in-subsystem': {
    ssh: { subsystem: ({ socket }) => socket.resetAndDestroy() },
  },
} satisfies Record<string, Behaviour>
