import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
interface Devcontainer { features: Record<string, Record<string, string>>; forwardPorts: number[]; portsAttributes: Record<string, { label: string }> }
const { features, forwardPorts, portsAttributes } = JSON.parse(read('.devcontainer/devcontainer.json')) as Devcontainer
const feature = (name: string) => Object.entries(features).find(([key]) => key.includes(`/${name}:`))?.[1]

it('the dev container has the Node of .nvmrc, kubectl and helm, on Ubuntu 22.04 with kcat', () => {
  expect(feature('node')?.['version']).toBe(read('.nvmrc').trim())
  expect(feature('kubectl-helm-minikube')).toMatchObject({ minikube: 'none' })
  expect(feature('kubectl-helm-minikube')?.['helm']).not.toBe('none')
  expect(read('.devcontainer/Dockerfile')).toMatch(/^FROM \S+:ubuntu-22\.04$[\s\S]*install .*\bkcat\b/m)
})

it('its kubectl is of the version of Kubernetes that is tested', () => {
  const tested = /kubernetesVersion = '(\d+\.\d+)\.\d+'/.exec(read('tools/servers/src/kubernetes/versions.ts'))![1]!
  expect(feature('kubectl-helm-minikube')?.['version']).toBe(tested)
})

it('forwards the ports that queue-manager and dashboard listen on', () => {
  for (const port of forwardPorts) {
    const app = portsAttributes[port]!.label
    expect(read(`apps/${app}/src/config.ts`), app).toMatch(new RegExp(`PORT: .*default\\(${port}\\)`))
  }
})
