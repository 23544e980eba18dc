import type { GoBuild } from './build-go-module.ts'
import { corednsVersion, etcdVersion, kubernetesVersion } from './versions.ts'

const kubernetes = { path: 'k8s.io/kubernetes', version: kubernetesVersion }
const [major, minor] = kubernetesVersion.split('.')
const stagingVersion = kubernetesVersion.replace(/^1\./, '0.')

/** Kubernetes requires its own staging modules as v0.0.0 and means the folders beside it; published, they are modules of the same release. */
export function stagingReplacements(goMod: string): string {
  const names = [...goMod.matchAll(/^\s+(k8s\.io\/[a-z0-9-]+) v0\.0\.0(?:\s|$)/gm)].map((match) => match[1]!)
  return ['godebug default=go1.26', 'replace (', ...[...new Set(names)].map((name) => `\t${name} => ${name} v${stagingVersion}`), ')'].join('\n')
}

const kubernetesBuild = (name: string, programs: readonly string[]): GoBuild => ({
  name,
  module: kubernetes,
  packages: programs.map((program) => `k8s.io/kubernetes/cmd/${program}`),
  directives: stagingReplacements,
  ldflags: Object.entries({ gitVersion: `v${kubernetesVersion}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' })
    .map(([field, value]) => `-X k8s.io/component-base/version.${field}=${value}`).join(' '),
})

/** Only the plugins that a cluster's DNS uses: with all of them it carries the clients of three clouds. */
const corednsMain = `package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
)

func init() {
	dnsserver.Directives = []string{"bind", "ready", "errors", "cache", "kubernetes", "forward"}
}

func main() { coremain.Run() }
`

/** The process that holds a pod's namespaces open: it waits, and reaps what is left to it. */
const pauseMain = `package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for signal := range signals {
		if signal != syscall.SIGCHLD {
			os.Exit(0)
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}
`

/** Enough to answer `kubectl`, dry-runs included. */
export const controlPlaneBuilds: readonly GoBuild[] = [
  { name: 'etcd', module: { path: 'go.etcd.io/etcd/server/v3', version: etcdVersion }, packages: ['go.etcd.io/etcd/server/v3'] },
  kubernetesBuild('control-plane', ['kube-apiserver', 'kube-controller-manager', 'kubectl']),
]

/** What a node that runs pods needs beside that. */
export const nodeBuilds: readonly GoBuild[] = [
  kubernetesBuild('node', ['kube-scheduler', 'kubelet', 'kube-proxy']),
  { name: 'coredns', module: { path: 'github.com/coredns/coredns', version: corednsVersion }, packages: ['.'], files: { 'main.go': corednsMain } },
  { name: 'pause', packages: ['.'], files: { 'main.go': pauseMain } },
]
