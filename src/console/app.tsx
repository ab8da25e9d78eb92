import { Route, Router } from '@solidjs/router'
import { Layout } from './layout/layout.tsx'
import { lazyLater } from './lib/load-later.ts'
import { NotFound } from './pages/not-found.tsx'

const Overview = lazyLater(() => import('./pages/overview/overview.tsx'))
const Devices = lazyLater(() => import('./pages/devices/devices.tsx'))
const Device = lazyLater(() => import('./pages/device/device.tsx'))
const Refreshes = lazyLater(() => import('./pages/refreshes/refreshes.tsx'))
const Refresh = lazyLater(() => import('./pages/refreshes/refresh.tsx'))
const Plans = lazyLater(() => import('./pages/plans/plans.tsx'))
const Plan = lazyLater(() => import('./pages/plans/plan.tsx'))
const Changes = lazyLater(() => import('./pages/changes/changes.tsx'))
const Place = lazyLater(() => import('./pages/places/place.tsx'))

/** The pages by their addresses. */
export function App() {
  return (
    <Router root={Layout}>
      <Route path="/" component={Overview} />
      <Route path="/regions/:region" component={Place} />
      <Route path="/countries/:country" component={Place} />
      <Route path="/countries/:country/sites/:site" component={Place} />
      <Route path="/devices" component={Devices} />
      <Route path="/devices/:id" component={Device} />
      <Route path="/refreshes" component={Refreshes} />
      <Route path="/refreshes/:id" component={Refresh} />
      <Route path="/plans" component={Plans} />
      <Route path="/plans/:id" component={Plan} />
      <Route path="/changes" component={Changes} />
      <Route path="*" component={NotFound} />
    </Router>
  )
}
