/** One release each; the staging modules of Kubernetes 1.X.Y are published as 0.X.Y. */
export const kubernetesVersion = '1.36.3'
export const etcdVersion = '3.6.16'
export const corednsVersion = '1.15.0'

/** Raised when the sources below change, so that a cache filled by an older build is not taken for the new one. */
const buildNumber = 1

export const controlPlaneFolderName = `kubernetes-control-plane-${kubernetesVersion}-${buildNumber}`
export const nodeFolderName = `kubernetes-node-${kubernetesVersion}-${buildNumber}`
