import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedFolder, runToEnd } from '@streamforge/servers'

interface GoModule {
  module: string
  version: string
  /** Folders or files of the module that hold its definitions. */
  paths: readonly string[]
}

/** Operators' own definitions, out of the Go modules that they are published as. */
const modules: readonly GoModule[] = [
  { module: 'github.com/cert-manager/cert-manager', version: 'v1.16.2', paths: ['deploy/crds'] },
  { module: 'sigs.k8s.io/gateway-api', version: 'v1.2.1', paths: ['config/crd/standard'] },
  { module: 'go.universe.tf/metallb', version: 'v0.14.9', paths: ['config/crd/bases'] },
  { module: 'github.com/zalando/postgres-operator', version: 'v1.14.0', paths: ['manifests/postgresql.crd.yaml'] },
  { module: 'sigs.k8s.io/secrets-store-csi-driver', version: 'v1.4.7', paths: ['config/crd/bases'] },
  { module: 'github.com/prometheus-operator/prometheus-operator', version: 'v0.79.2', paths: ['example/prometheus-operator-crd'] },
  { module: 'github.com/kedacore/keda/v2', version: 'v2.21.0', paths: ['config/crd/bases'] },
  { module: 'github.com/argoproj/argo-cd/v3', version: 'v3.6.1', paths: ['manifests/crds'] },
  { module: 'github.com/argoproj/argo-workflows/v3', version: 'v3.7.3', paths: ['manifests/base/crds/full'] },
  { module: 'github.com/argoproj/argo-rollouts', version: 'v1.8.3', paths: ['manifests/crds'] },
]

const strimziVersion = '0.45.0'
/** Strimzi publishes the program that writes them of its classes. */
const strimziKinds = { Kafka: 'kafka.Kafka', KafkaTopic: 'topic.KafkaTopic', KafkaUser: 'user.KafkaUser', KafkaNodePool: 'nodepool.KafkaNodePool' }

/** Kinds of which no registry carries a definition: checked by their form alone. */
export const kindsWithoutDefinition = ['ArangoDeployment', 'Elasticsearch', 'Kibana']

/** A folder of files with definitions; needs Go, Java and Maven at the first use. @throws Error saying which is missing */
export function customResourceDefinitions(): Promise<string> {
  return cachedFolder('custom-resource-definitions-2', async (folder) => {
    for (const one of modules) await fromGoModule(one, folder)
    await fromStrimzi(folder)
  })
}

/** The files of such a folder that define one of `kinds`, each written `group/Kind`: an API server takes seconds for every large one. */
export async function definitionsOf(folder: string, kinds: ReadonlySet<string>): Promise<string[]> {
  const files = (await readdir(folder)).map((name) => join(folder, name))
  const defined = await Promise.all(files.map(async (file) => {
    const text = await readFile(file, 'utf8')
    return `${/^ {2}group: (\S+)$/m.exec(text)?.[1]}/${/^ {4}kind: (\S+)$/m.exec(text)?.[1]}`
  }))
  return files.filter((_, index) => kinds.has(defined[index]!))
}

async function fromGoModule({ module, version, paths }: GoModule, folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'streamforge-crds-'))
  try {
    // The archive itself: a module that wants a newer Go is downloaded, and only not unpacked.
    await run('go', ['mod', 'download', '-json', `${module}@${version}`], work, true)
    const cache = (await run('go', ['env', 'GOMODCACHE'], work)).trim()
    const archive = join(cache, 'cache/download', module.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`), '@v', `${version}.zip`)
    const inside = `${module}@${version}`
    await run('unzip', ['-q', '-o', archive, ...paths.map((path) => `${inside}/${path}${path.endsWith('.yaml') ? '' : '/*'}`), '-d', work], work)
    for (const path of paths) {
      const from = join(work, inside, path)
      const files = path.endsWith('.yaml') ? [from] : (await readdir(from)).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml').map((name) => join(from, name))
      for (const file of files) await writeFile(join(folder, `${module.replaceAll('/', '-')}-${file.split('/').at(-1)!}`), plain(await readFile(file, 'utf8')))
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Some are parts of a chart: their labels and conditions are its own. */
const plain = (text: string) => text.split('\n').filter((line) => !line.includes('{{')).join('\n')

async function fromStrimzi(folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'streamforge-strimzi-'))
  try {
    const dependency = (artifact: string) => `<dependency><groupId>io.strimzi</groupId><artifactId>${artifact}</artifactId><version>${strimziVersion}</version></dependency>`
    await writeFile(join(work, 'pom.xml'), `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
      <groupId>streamforge</groupId><artifactId>definitions</artifactId><version>1</version><dependencies>${dependency('api')}${dependency('crd-generator')}</dependencies></project>`)
    await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=libs'], work)
    await mkdir(join(work, 'out'))
    const wanted = Object.entries(strimziKinds).map(([kind, type]) => `io.strimzi.api.kafka.model.${type}=${join(work, 'out', `strimzi-${kind}.yaml`)}`)
    await run('java', ['-cp', 'libs/*', 'io.strimzi.crdgenerator.CrdGenerator', '--target-kube', '1.25+', '--yaml', ...wanted], work)
    await cp(join(work, 'out'), folder, { recursive: true })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function run(program: string, args: readonly string[], cwd: string, mayFail = false): Promise<string> {
  const { status, output } = await runToEnd(program, args, { cwd }).catch((error: Error) => ({ status: 1, output: error.message }))
  if (status !== 0 && !mayFail) throw new Error(`${program} ${args.slice(0, 2).join(' ')}: ${output.slice(-300).replaceAll('\n', ' ')}`)
  return output
}
