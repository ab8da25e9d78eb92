import { createSignal } from 'solid-js'
import { refusedBecause, signIn } from '../api/session.ts'
import './sign-in.css'

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
          if (given !== '') signIn(given)
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
