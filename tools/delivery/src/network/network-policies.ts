import { busServices, type Server, type ServicePods } from './service-connections.ts'

export interface Port { protocol: 'TCP' | 'UDP'; port: number }
export type Peer =
  | { podSelector: { matchLabels: Record<string, string> } }
  | { namespaceSelector: { matchLabels: Record<string, string> } }
  | { ipBlock: { cidr: string; except?: readonly string[] } }
export interface NetworkPolicy {
  apiVersion: 'networking.k8s.io/v1'
  kind: 'NetworkPolicy'
  metadata: { name: string }
  spec: {
    podSelector: { matchLabels?: Record<string, string>; matchExpressions?: { key: string; operator: 'In'; values: readonly string[] }[] }
    policyTypes: readonly ('Ingress' | 'Egress')[]
    ingress?: { from: Peer[]; ports: Port[] }[]
    egress?: { to: Peer[]; ports: Port[] }[]
  }
}

const nameLabel = 'app.kubernetes.io/name'
const ours = { matchLabels: { app: 'streamforge' } }
const healthPort = 9464
const storePort = 8087
const collectorPort = 4318
const simulatorPort = 8090

/** Ports of the servers that an operator runs; the store's are those of ArangoDB. */
const dependencyPorts: Readonly<Partial<Record<Server | 'bus', readonly number[]>>> = {
  bus: [9092, 9093], store: [8529], objects: [9000], series: [8086], mlflow: [5000], settings: [5432], issuer: [8080, 8443],
}
const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16']

const tcp = (...ports: number[]): Port[] => ports.map((port) => ({ protocol: 'TCP', port }))
const pods = (name: string): Peer => ({ podSelector: { matchLabels: { [nameLabel]: name } } })
const namespaces = (label: string): Peer => ({ namespaceSelector: { matchLabels: { [`streamforge.io/${label}`]: 'true' } } })
const using = (server: Server) => busServices.filter((service) => service.uses.includes(server))

function policy(name: string, spec: NetworkPolicy['spec']): NetworkPolicy {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec }
}

const egress = (name: string, service: string, rules: { to: Peer[]; ports: Port[] }[]) =>
  policy(name, { podSelector: { matchLabels: { [nameLabel]: service } }, policyTypes: ['Egress'], egress: rules })
const ingress = (name: string, service: string, rules: { from: Peer[]; ports: Port[] }[]) =>
  policy(name, { podSelector: { matchLabels: { [nameLabel]: service } }, policyTypes: ['Ingress'], ingress: rules })

/** What the contracts need and nothing else: for every service its own way out, and a way in for those who ask something. */
export function networkPolicies(): NetworkPolicy[] {
  return [
    policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    policy('names', {
      podSelector: ours, policyTypes: ['Egress'],
      egress: [{ to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }], ports: [{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }] }],
    }),
    policy('measures', { podSelector: ours, policyTypes: ['Ingress'], ingress: [{ from: [namespaces('monitoring')], ports: tcp(healthPort) }] }),
    policy('traces', { podSelector: ours, policyTypes: ['Egress'], egress: [{ to: [namespaces('monitoring')], ports: tcp(collectorPort) }] }),
    ...busServices.map((service) => egress(`${service.name}-out`, service.name, waysOut(service))),
    ingress('store-server-in', 'store-server', [{ from: using('store').map(({ name }) => pods(name)), ports: tcp(storePort) }]),
    ...busServices.flatMap(({ name, port }) => (port === undefined ? [] : [ingress(`${name}-in`, name, waysIn(name, port))])),
  ]
}

function waysIn(name: string, port: number): { from: Peer[]; ports: Port[] }[] {
  const askers = name === 'queue-manager' ? using('queue-manager').map((asker) => pods(asker.name)) : []
  // Whoever brings people in (an ingress controller) carries the label on its namespace.
  return [{ from: [namespaces('ingress'), ...askers], ports: tcp(port) }]
}

function waysOut({ uses }: ServicePods): { to: Peer[]; ports: Port[] }[] {
  const dependencies = (['bus', ...uses] as const).flatMap((server) => dependencyPorts[server] ?? [])
  const has = (server: Server) => uses.includes(server)
  const outside: Port[] = [
    // What an issuer or a source far away is asked by; 9443 is Binance's.
    ...(has('venues') ? tcp(443, 9443) : has('issuer') ? tcp(443) : []), ...(has('mail') ? tcp(465, 587) : []),
  ]
  return [
    { to: [namespaces('dependencies')], ports: tcp(...dependencies) },
    ...(has('store') ? [{ to: [pods('store-server')], ports: tcp(storePort) }] : []),
    ...(has('queue-manager') ? [{ to: [pods('queue-manager')], ports: tcp(8080) }] : []),
    ...(outside.length > 0 ? [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: privateNetworks } }], ports: outside }] : []),
    // The API server is no pod and has no label, and mostly a private address.
    ...(has('cluster') ? [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: tcp(443, 6443) }] : []),
  ]
}

/** For a cluster whose servers run on the machine itself, at an address, and whose exchange is the simulator. */
export function localPolicies(address: string): NetworkPolicy[] {
  const host: Peer = { ipBlock: { cidr: `${address}/32` } }
  return [
    policy('host-names', { podSelector: ours, policyTypes: ['Egress'], egress: [{ to: [host], ports: [{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }] }] }),
    policy('host-traces', { podSelector: ours, policyTypes: ['Egress'], egress: [{ to: [host], ports: tcp(collectorPort) }] }),
    ...busServices.map(({ name, uses }) => egress(`${name}-to-host`, name, [
      { to: [host], ports: tcp(...(['bus', ...uses] as const).flatMap((server) => dependencyPorts[server] ?? [])) },
    ])),
    ingress('exchange-simulator-in', 'exchange-simulator', [{ from: using('venues').map(({ name }) => pods(name)), ports: tcp(simulatorPort) }]),
    policy('to-exchange-simulator', {
      podSelector: { matchExpressions: [{ key: nameLabel, operator: 'In', values: using('venues').map(({ name }) => name) }] },
      policyTypes: ['Egress'], egress: [{ to: [pods('exchange-simulator')], ports: tcp(simulatorPort) }],
    }),
  ]
}
