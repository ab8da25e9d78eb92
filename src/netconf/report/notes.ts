/** A device with every module that tells facts, all of which it refuses, gets about as many. */
export const MAX_NOTES = 10
const MAX_NOTE_LENGTH = 300

/** Returns the first ten notes on a probe, each cut to 300 characters, so that no device decides how much is kept. */
export function boundedNotes(notes: readonly string[]): string[] {
  return notes.slice(0, MAX_NOTES).map((note) => {
    if (note.length <= MAX_NOTE_LENGTH) return note
    // A character outside of the basic plane is two units, and half of one is none.
    return `${note.slice(0, MAX_NOTE_LENGTH - 1).replace(/[\ud800-\udbff]$/, '')}…`
  })
}
