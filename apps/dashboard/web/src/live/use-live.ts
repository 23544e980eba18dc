import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { LiveChannel } from '@streamforge/contracts'
import type { ConnectionState } from './connection-state.ts'
import { createLiveClient, type LiveSubscription } from './live-client.ts'

const client = createLiveClient({
  open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`),
  now: () => Date.now(), random: () => Math.random(),
})

export const useConnection = (): ConnectionState => useSyncExternalStore(client.onState, client.state)

/** Calls back whenever the connection has changed, with what it is now. */
export const onConnection = (listener: (status: ConnectionState['status']) => void): void => void client.onState(() => listener(client.state().status))

/** Follows a channel while the component is shown; another channel when it changes. */
export function useLive<C extends LiveChannel>(channel: C | undefined, handlers: Omit<LiveSubscription<C>, 'channel'>): void {
  const current = useRef(handlers)
  useEffect(() => { current.current = handlers })
  const key = channel && JSON.stringify(channel)
  useEffect(() => {
    if (key === undefined) return undefined
    return client.subscribe<C>({
      channel: JSON.parse(key) as C, since: () => current.current.since?.(), onData: (data, pushed) => current.current.onData(data, pushed),
    })
  }, [key])
}
