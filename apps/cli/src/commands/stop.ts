import { connectApi, type ConnectionOptions } from '../connection.ts'
import { print } from '../output.ts'

export async function stopWorkflow(options: ConnectionOptions, id?: string): Promise<number> {
  const workflow = await (await connectApi(options)).stop(id!)
  print(`${workflow.workflow_id}: ${workflow.status}`)
  return 0
}

export async function retryWorkflow(options: ConnectionOptions, id?: string): Promise<number> {
  const workflow = await (await connectApi(options)).retry(id!)
  print(`${workflow.workflow_id}: ${workflow.status}`)
  return 0
}
