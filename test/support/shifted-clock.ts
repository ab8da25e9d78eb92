// Loaded with `--import` before anything else: the clock of this process and its threads differs from that of the machine by
// CLOCK_SHIFT_MS milliseconds, as the clock of another machine may.

const shiftMs = Number(process.env.CLOCK_SHIFT_MS)
const now = Date.now

class ShiftedDate extends Date {
  static override now(): number {
    return now() + shiftMs
  }

  constructor(...given: [] | [number | string | Date]) {
    super(given[0] ?? ShiftedDate.now())
  }
}

globalThis.Date = ShiftedDate as DateConstructor
