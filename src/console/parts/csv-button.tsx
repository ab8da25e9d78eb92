import { createSignal } from 'solid-js'
import { messageOf } from '../api/client.ts'
import { csv, save } from '../lib/csv.ts'
import { count } from '../lib/format.ts'

/** Saves a table as CSV, with all its rows, whether they are shown or not. */
export function CsvButton<Line>(props: {
  /** What the lines are, for the name of the file: "changes". */
  name: string
  columns: readonly string[]
  /** All lines of the table. `onProgress` may be told how many were read. */
  lines: (onProgress: (read: number) => void) => Promise<readonly Line[]> | readonly Line[]
  cells: (line: Line) => readonly string[]
  disabled?: boolean | undefined
}) {
  const [progress, setProgress] = createSignal<string | null>(null)
  const run = async () => {
    try {
      setProgress('Reading…')
      const lines = await props.lines((read) => setProgress(`${count(read)} read…`))
      save(csv([props.columns, ...lines.map(props.cells)]), `${props.name}.csv`)
      setProgress(null)
    } catch (failure) {
      setProgress(messageOf(failure))
    }
  }
  return (
    <span class="row">
      <span class="soft small" role="status">
        {progress()}
      </span>
      <button
        type="button"
        class="button plain"
        disabled={props.disabled}
        aria-label={`Export ${props.name} as CSV`}
        onClick={() => void run()}
      >
        ↓ CSV
      </button>
    </span>
  )
}
