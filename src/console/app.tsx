import { Route, Router } from '@solidjs/router'
import { lazy } from 'solid-js'
import { Layout } from './layout/layout.tsx'
import { NotFound } from './pages/not-found.tsx'

const Overview = lazy(() => import('./pages/overview/overview.tsx'))
const Devices = lazy(() => import('./pages/devices/devices.tsx'))
const Device = lazy(() => import('./pages/device/device.tsx'))
const Refreshes = lazy(() => import('./pages/refreshes/refreshes.tsx'))
const Refresh = lazy(() => import('./pages/refreshes/refresh.tsx'))
const Plans = lazy(() => import('./pages/plans/plans.tsx'))
const Plan = lazy(() => import('./pages/plans/plan.tsx'))
const Changes = lazy(() => import('./pages/changes/changes.tsx'))
const Place = lazy(() => import('./pages/places/place.tsx'))

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
