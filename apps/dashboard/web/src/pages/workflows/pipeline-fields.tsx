import type { WorkflowTypes } from '@streamforge/contracts'
import { kindNames, kinds } from '../graph/graph-view.ts'
import { agentFields, graphFields, pipelineNames, trainingFields, type PipelineName, type PipelineValues } from './pipeline-values.ts'

interface Props { values: PipelineValues; available: WorkflowTypes['pipelines']; problem: string | undefined; onChange: (values: PipelineValues) => void }

/** What is made of the data once it is stored, with the parameters that people turn. */
export function PipelineFields({ values, available, problem, onChange }: Props) {
  const offered = available.filter((p) => p.available)
  if (!offered.length) return null
  const chosen = offered.find((p) => p.type === values.type)
  return (
    <>
      <label htmlFor="form-pipeline">Then</label>
      <select id="form-pipeline" value={values.type} aria-invalid={Boolean(problem)} aria-describedby={problem ? 'problem-pipeline' : undefined} onChange={(e) => onChange({ ...values, type: e.target.value as '' | PipelineName })}>
        <option value="">only store it</option>{offered.map((p) => <option key={p.type} value={p.type}>{pipelineNames[p.type]}</option>)}
      </select>
      {problem && <p className="field-problem" id="problem-pipeline">{problem}</p>}
      {chosen && <p className="hint">{chosen.description}.</p>}
      {values.type === 'train_gnn' && <Parameters values={values} onChange={onChange} />}
      {values.type === 'trade_agent' && <details><summary>Agent</summary><NumberFields part="agent" fields={agentFields} values={values} onChange={onChange} /></details>}
    </>
  )
}

function Parameters({ values, onChange }: Pick<Props, 'values' | 'onChange'>) {
  const toggle = (kind: (typeof kinds)[number]) => onChange({ ...values, kinds: values.kinds.includes(kind) ? values.kinds.filter((k) => k !== kind) : [...values.kinds, kind] })
  return (
    <>
      <details><summary>Network</summary><NumberFields part="training" fields={trainingFields} values={values} onChange={onChange} /></details>
      <details>
        <summary>Asset graph</summary>
        <fieldset>
          <legend>Relations</legend>
          <div className="choices">{kinds.map((kind) => <label key={kind} className="choice"><input type="checkbox" checked={values.kinds.includes(kind)} onChange={() => toggle(kind)} /><span>{kindNames[kind]}</span></label>)}</div>
        </fieldset>
        <NumberFields part="graph" fields={graphFields} values={values} onChange={onChange} />
      </details>
    </>
  )
}

interface NumberFieldsProps extends Pick<Props, 'values' | 'onChange'> { part: 'training' | 'graph' | 'agent'; fields: typeof trainingFields }

/** Numbers that may be left out: then the default holds, which stands in the empty field. */
export function NumberFields({ part, fields, values, onChange }: NumberFieldsProps) {
  return (
    <div className="pair">
      {fields.map(({ field, label, usual, minimum, maximum, step }) => (
        <div key={field}>
          <label htmlFor={`form-${field}`}>{label}</label>
          <input id={`form-${field}`} type="number" min={minimum} max={maximum} step={step} placeholder={String(usual)} value={values[part][field] ?? ''}
            onChange={(e) => onChange({ ...values, [part]: { ...values[part], [field]: e.target.value } })} />
        </div>
      ))}
    </div>
  )
}
