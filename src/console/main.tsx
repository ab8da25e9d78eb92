import { render } from 'solid-js/web'
import { App } from './app.tsx'
import { readable } from './lib/readable-path.ts'
import { CrashBoundary } from './parts/crash.tsx'
import './styles/tokens.css'
import './styles/base.css'

// The client throws what it has aborted itself, if that comes while an answer is being read.
window.addEventListener('unhandledrejection', (event) => {
  if (event.reason instanceof DOMException && event.reason.name === 'AbortError') event.preventDefault()
})

const path = readable(location.pathname)
if (path !== location.pathname) history.replaceState(null, '', `${path}${location.search}${location.hash}`)

const root = document.getElementById('root')
if (root)
  render(
    () => (
      <CrashBoundary>
        <App />
      </CrashBoundary>
    ),
    root,
  )
