import { BlockList } from 'node:net'
import type { NetworkPolicy, Peer, Port } from './network-policies.ts'

/** One end of a connection: a pod with its labels and those of its namespace, or an address outside of the cluster. */
export type End = { labels: Record<string, string>; namespace: { name: string; labels?: Record<string, string> } } | { address: string }

type Pod = Extract<End, { labels: unknown }>

/**
 * Whether NetworkPolicies of one namespace let a connection through, as Kubernetes' documentation defines it: who is selected by a policy of a
 * direction may do only what one of them allows; both ends must agree.
 */
export function mayConnect(policies: readonly NetworkPolicy[], namespace: string, from: End, to: End, port: Port): boolean {
  const allowed = (end: End, other: End, direction: 'Ingress' | 'Egress') => {
    const selecting = policies.filter(({ spec }) => isPodOf(end, namespace) && spec.policyTypes.includes(direction) && selects(spec.podSelector, end.labels))
    if (selecting.length === 0) return true
    return selecting.some(({ spec }) => rulesOf(spec, direction).some(({ peers, ports }) =>
      ports.some((given) => given.port === port.port && given.protocol === port.protocol) && peers.some((peer) => isPeer(peer, other, namespace))))
  }
  return allowed(from, to, 'Egress') && allowed(to, from, 'Ingress')
}

function rulesOf({ ingress = [], egress = [] }: NetworkPolicy['spec'], direction: 'Ingress' | 'Egress'): { peers: Peer[]; ports: Port[] }[] {
  return direction === 'Ingress' ? ingress.map(({ from, ports }) => ({ peers: from, ports })) : egress.map(({ to, ports }) => ({ peers: to, ports }))
}

const isPodOf = (end: End, namespace: string): end is Pod => 'labels' in end && end.namespace.name === namespace

function isPeer(peer: Peer, other: End, namespace: string): boolean {
  if ('ipBlock' in peer) return 'address' in other && inBlock(peer.ipBlock.cidr, other.address) && !(peer.ipBlock.except ?? []).some((cidr) => inBlock(cidr, other.address))
  if (!('labels' in other)) return false
  if ('podSelector' in peer) return other.namespace.name === namespace && selects(peer.podSelector, other.labels)
  return selects(peer.namespaceSelector, { 'kubernetes.io/metadata.name': other.namespace.name, ...other.namespace.labels })
}

function selects({ matchLabels = {}, matchExpressions = [] }: NetworkPolicy['spec']['podSelector'], labels: Record<string, string>): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
    && matchExpressions.every(({ key, values }) => labels[key] !== undefined && values.includes(labels[key]))
}

function inBlock(cidr: string, address: string): boolean {
  const [network, bits] = cidr.split('/') as [string, string]
  const block = new BlockList()
  block.addSubnet(network, Number(bits))
  return block.check(address)
}
