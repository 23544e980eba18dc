import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedFolder } from '../server-cache.ts'
import { runToEnd, whyNotRunnable } from '../run-to-end.ts'

export const kafkaVersion = '4.3.1'
export const kafkaFolderName = `kafka-${kafkaVersion}`
const log4jVersion = '2.25.1'

const artifacts = [
  ['org.apache.kafka', 'kafka_2.13', kafkaVersion],
  ['org.apache.kafka', 'kafka-tools', kafkaVersion],
  ['org.apache.logging.log4j', 'log4j-slf4j-impl', log4jVersion],
  ['org.apache.logging.log4j', 'log4j-core', log4jVersion],
  ['org.apache.logging.log4j', 'log4j-1.2-api', log4jVersion],
] as const

const dependency = ([group, artifact, version]: (typeof artifacts)[number]) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`

const pom = `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>streamforge</groupId><artifactId>kafka-jars</artifactId><version>1</version>
  <dependencies>
    ${artifacts.map(dependency).join('\n    ')}
  </dependencies>
</project>
`

/** Whether a broker can be started on this machine; the reason is one line. */
export async function kafkaAvailable(): Promise<{ ok: true } | { ok: false; reason: string }> {
  const reason = (await whyNotRunnable('java', ['-version'])) ?? (await whyNotRunnable('mvn', ['-version']))
  return reason === undefined ? { ok: true } : { ok: false, reason }
}

/** A Java class path with Kafka's broker and tools; downloads them from Maven Central on first use (about 55 MB). */
export async function kafkaClassPath(): Promise<string> {
  return join(await cachedFolder(kafkaFolderName, downloadJars), '*')
}

async function downloadJars(folder: string): Promise<void> {
  const project = await mkdtemp(join(tmpdir(), 'streamforge-kafka-pom-'))
  try {
    await writeFile(join(project, 'pom.xml'), pom)
    const maven = await runToEnd('mvn', ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`], { cwd: project })
    const jars = (await readdir(folder)).filter((name) => name.endsWith('.jar'))
    if (maven.status !== 0 || jars.length === 0) throw new Error(`Maven could not download Kafka ${kafkaVersion}: ${maven.output.slice(-2000)}`)
  } finally {
    await rm(project, { recursive: true, force: true })
  }
}
