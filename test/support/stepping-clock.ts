import { existsSync } from 'node:fs'

// Loaded with `--import` before anything else: from the moment on at which the file CLOCK_STEP_FILE exists, the wall clock of
// this process and its threads differs from that of the machine by CLOCK_STEP_MS milliseconds. Timers do not, as on a machine
// whose clock is set.

const { CLOCK_STEP_FILE: file = '', CLOCK_STEP_MS: stepMs } = process.env
const LOOKED_FOR_EVERY_MS = 20
const now = Date.now
let shiftMs = 0

const looking = setInterval(() => {
  if (!existsSync(file)) return
  shiftMs = Number(stepMs)
  clearInterval(looking)
}, LOOKED_FOR_EVERY_MS).unref()

class SteppingDate extends Date {
  static override now(): number {
    return now() + shiftMs
  }

  constructor(...given: [] | [number | string | Date]) {
    super(given[0] ?? SteppingDate.now())
  }
}

globalThis.Date = SteppingDate as DateConstructor
