import { kubernetesAvailable } from '@streamforge/servers/kubernetes'
import { afterAll, beforeAll, describe } from 'vitest'
import { customResourceDefinitions } from './custom-resource-definitions.ts'
import { startApiServer, type ApiServer } from './on-api-server/api-server.ts'
import { bootstrapChecks } from './on-api-server/bootstrap.ts'
import { dependencyChecks, dependencyFolders } from './on-api-server/dependencies.ts'
import { jobTemplateChecks } from './on-api-server/job-templates.ts'
import { rolloutChecks } from './on-api-server/rollout.ts'

const available = await kubernetesAvailable({ node: false })
const definitions = available.ok ? await customResourceDefinitions().then((folder) => ({ folder }), (error: Error) => ({ reason: error.message })) : available
const reason = 'reason' in definitions ? definitions.reason : undefined
const root = process.getuid?.() === 0

describe.skipIf(reason !== undefined)(`on a real API server${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let started: ApiServer | undefined
  beforeAll(async () => {
    started = await startApiServer({
      definitions: 'folder' in definitions ? definitions.folder : '', folders: dependencyFolders,
      kinds: ['cert-manager.io/CertificateRequest', 'argoproj.io/Rollout', 'argoproj.io/AnalysisTemplate', 'argoproj.io/AnalysisRun'],
    })
  }, 300_000)
  afterAll(() => started?.stop(), 30_000)
  const apiServer = () => started!

  describe.skipIf(!root)(`the bootstrap script${root ? '' : ' (skipped: the script wants root)'}`, () => bootstrapChecks(apiServer))
  describe('what the platform stands on', () => dependencyChecks(apiServer))
  describe('the templates of Jobs', () => jobTemplateChecks(apiServer))
  describe('the rollout of queue-manager', () => rolloutChecks(apiServer))
})
