import { createSignal } from 'solid-js'
import { refusedBecause, signIn, signOut } from '../api/session.ts'
import './sign-in.css'

/** What no header of HTTP can carry in a token. */
const NO_TOKEN = /[^\x21-\x7e]/

/** Asks for a token or JWT. The address stays, so the page is shown after signing in. */
export function SignIn() {
  const [value, setValue] = createSignal('')
  return (
    <main class="sign-in">
      <h1>Sign in to Rollcall</h1>
      <p class="soft" role="status">
        {refusedBecause()}
      </p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          const given = value().trim()
          if (NO_TOKEN.test(given)) {
            signOut('A token has no blanks and only ASCII characters. Give it without "Bearer" before it.')
          } else if (given !== '') signIn(given)
        }}
      >
        <label for="token">Token or JWT</label>
        <input
          id="token"
          class="field mono"
          type="password"
          autocomplete="off"
          autofocus
          value={value()}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <button type="submit" class="button primary" disabled={value().trim() === ''}>
          Sign in
        </button>
      </form>
      <p class="soft small">
        It is kept for this tab only. An administrator makes tokens with <code>rollcall token create</code>.
      </p>
    </main>
  )
}
