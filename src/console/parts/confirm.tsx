import { Dialog } from '@kobalte/core/dialog'
import { createSignal, type JSX, Show } from 'solid-js'
import { messageOf } from '../api/client.ts'
import './dialog.css'

/** Asks before an action on many devices. The button names the action and the number. Shows a failure. */
export function Confirm(props: {
  open: boolean
  onClose: () => void
  title: string
  children: JSX.Element
  /** For example "Decommission 12 devices". */
  action: string
  isDangerous?: boolean
  /** Whether there is something to confirm. Default: true. */
  isReady?: boolean
  onConfirm: () => Promise<void>
}) {
  const [error, setError] = createSignal<string | null>(null)
  const [isBusy, setIsBusy] = createSignal(false)
  const confirm = async () => {
    setIsBusy(true)
    setError(null)
    try {
      await props.onConfirm()
      props.onClose()
    } catch (failure) {
      setError(messageOf(failure))
    } finally {
      setIsBusy(false)
    }
  }
  return (
    <Dialog
      open={props.open}
      onOpenChange={(open) => {
        if (open) return
        setError(null)
        props.onClose()
      }}
    >
      <Dialog.Portal>
        <Dialog.Overlay class="dialog-overlay" />
        <Dialog.Content class="dialog">
          <Dialog.Title as="h2">{props.title}</Dialog.Title>
          <Dialog.Description as="div" class="stack">
            {props.children}
          </Dialog.Description>
          <Show when={error()}>
            {(message) => (
              <p class="problem" role="alert">
                {message()}
              </p>
            )}
          </Show>
          <div class="row dialog-actions">
            <Dialog.CloseButton class="button" aria-label="Cancel">
              Cancel
            </Dialog.CloseButton>
            <button
              type="button"
              class="button primary"
              classList={{ danger: props.isDangerous ?? false }}
              disabled={isBusy() || props.isReady === false}
              onClick={() => void confirm()}
            >
              {props.action}
            </button>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog>
  )
}
