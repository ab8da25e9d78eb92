import type { Behaviour } from './behaviour.ts'
import type { AuthContext } from './ssh-server.ts'

type KeyboardContext = Extract<AuthContext, { method: 'keyboard-interactive' }>

const USERNAME = { prompt: 'Username: ', echo: true }
const PASSWORD = { prompt: 'Password: ', echo: false }
const TOKEN = { prompt: 'Token code: ', echo: true }

/** Accepts no way to log in but keyboard-interactive, in which it then does `ask`. */
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
  /** Has a version, and no name. */
  'nameless-identification': { ssh: { identification: '' } },
  'blank-identification': { ssh: { identification: ' ' } },
  /** From the second connection on it shows another host key than on the first. */
  'host-key-changes': {
    hostKeyLabel: (label, connection) => (connection === 1 ? label : `${label} after the change`),
  },
  /** Has no algorithm that is still thought of as safe. */
  'legacy-algorithms': {
    ssh: {
      algorithms: { kex: ['diffie-hellman-group14-sha1'], cipher: ['aes128-cbc'], hmac: ['hmac-sha1'] },
    },
  },
  /** Has no other cipher than the one that OpenSSH prefers. */
  'chacha20-alone': { ssh: { algorithms: { cipher: ['chacha20-poly1305@openssh.com'] } } },
  'rejects-login': {
    ssh: { login: (context) => context.reject(['publickey', 'password']) },
  },
  /** As if its AAA server were down. */
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
  /** Gives the password back as if it were a way to log in. */
  'echoes-password': {
    ssh: {
      login(context) {
        // Whatever text there is can stand for a method on the wire.
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
  /** The same question, whatever the answer. */
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
  /** As much as fits into one packet. */
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
