/** Addresses of the one cluster with a node that a machine can hold. */
export const clusterAddresses = {
  /** On an interface of its own, from TEST-NET-1: pods reach servers on the host here, whatever networks the machine is in. */
  host: '192.0.2.10',
  apiPort: 6443,
  pods: '10.244.0.0/24',
  services: '10.96.0.0/16',
  /** The first address of `services`: the API server for pods. */
  api: '10.96.0.1',
  domain: 'cluster.local',
} as const

/** The node's name. */
export const nodeName = 'streamforge'

/** Of the interface that carries `host`; at most 15 characters. */
export const interfaceName = 'streamforge0'

/** Of the table that lets pods reach beyond the node. */
export const networkTable = 'streamforge-pods'
