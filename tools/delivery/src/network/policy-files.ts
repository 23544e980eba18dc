import { stringify } from 'yaml'
import { localPolicies, networkPolicies, type NetworkPolicy } from './network-policies.ts'

const header = '# Made from libs/contracts and tools/delivery/src/network by `npm run network-policies`; do not edit.\n'
const toYaml = (policies: readonly NetworkPolicy[]) => header + policies.map((policy) => `---\n${stringify(policy, { lineWidth: 0, aliasDuplicateObjects: false })}`).join('')

/** Path in the repository -> content. */
export function policyFiles(): Record<string, string> {
  return {
    'k8s/base/network/policies.yaml': toYaml(networkPolicies()),
    'k8s/overlays/local/network.yaml': toYaml(localPolicies('192.0.2.10')),
  }
}
