import { createSignal } from 'solid-js'

const [now, setNow] = createSignal(Date.now())
setInterval(() => setNow(Date.now()), 1_000)

/** The time, once a second, in epoch milliseconds. */
export { now }
