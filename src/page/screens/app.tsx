/** The page: the screen of the address, and the login over it. */

import { useEffect } from 'preact/hooks'
import type { Api } from '../../console/api/schemas.generated.ts'
import { Guard } from '../components/guard.tsx'
import { Empty } from '../components/notice.tsx'
import { Page } from '../components/page.tsx'
import type { Route } from '../router/route.ts'
import { useRoute } from '../router/use-route.ts'
import { setClock } from '../state/clock.ts'
import { isLoggedOut } from '../state/console.ts'
import { followWorkspace } from '../state/live.ts'
import { useStore } from '../state/store.ts'
import { useResponse } from '../state/use-response.ts'
import { ConnectionsScreen } from './connections/list.tsx'
import { ConnectionScreen } from './connections/overview.tsx'
import { DataScreen } from './data.tsx'
import { DestinationScreen } from './destinations/edit.tsx'
import { DestinationsScreen } from './destinations/list.tsx'
import { EditScreen } from './form/edit.tsx'
import { NewScreen } from './form/new.tsx'
import { LoginDialog } from './login.tsx'
import { RunScreen } from './run/run.tsx'
import { RunsScreen } from './run/runs.tsx'
import { Shell } from './shell.tsx'

function Unknown() {
  return (
    <Page title="There is no such page">
      <Empty title="The address is not one of this console.">
        <a href="#/">Show the connections</a>
      </Empty>
    </Page>
  )
}

function Screen({ route }: { route: Route }) {
  switch (route.screen) {
    case 'connections':
      return <ConnectionsScreen />
    case 'connection':
      return <ConnectionScreen key={route.name} name={route.name} />
    case 'edit':
      return <EditScreen key={route.name} name={route.name} step={route.step} />
    case 'data':
      return (
        <DataScreen
          key={`${route.name} ${route.stream ?? ''}`}
          name={route.name}
          stream={route.stream}
        />
      )
    case 'run':
      return <RunScreen key={route.runId} name={route.name} runId={route.runId} />
    case 'runs':
      return <RunsScreen filters={route.filters} />
    case 'new':
      return <NewScreen step={route.step} />
    case 'destinations':
      return <DestinationsScreen />
    case 'destination':
      return <DestinationScreen key={route.name ?? ''} name={route.name} />
    case 'unknown':
      return <Unknown />
  }
}

export function App() {
  const route = useRoute()
  const mustLogIn = useStore(isLoggedOut)
  const { body } = useResponse<Api<'Workspace'>>('/workspace')
  const now = body?.now
  useEffect(() => {
    if (now !== undefined) setClock(now)
  }, [now])
  useEffect(() => (mustLogIn ? undefined : followWorkspace()), [mustLogIn])
  return (
    <Shell screen={route.screen}>
      <Guard of={route}>
        <Screen route={route} />
      </Guard>
      {mustLogIn && <LoginDialog />}
    </Shell>
  )
}
