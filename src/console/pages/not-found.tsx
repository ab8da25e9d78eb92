import { A } from '@solidjs/router'

export function NotFound() {
  return (
    <div class="stack">
      <h1>There is no such page</h1>
      <p>
        The address may be old. <A href="/devices">Search the devices</A> or go to the{' '}
        <A href="/">overview</A>.
      </p>
    </div>
  )
}
