import { dataTypes, parseDataType, type DataType, type WorkflowTypes } from '@streamforge/contracts'
import { venues } from '@streamforge/market'
import { isAvailable } from '../images.ts'
import { pipelineList } from './pipeline-types.ts'
import { servedTypes } from './served-types.ts'

/** Every type, who serves it, whether this release can load it, and what it can make of the data. */
export function workflowTypes(): WorkflowTypes {
  return {
    types: dataTypes.map((type) => ({
      type, description: describe(type), source: parseDataType(type).source, available: isAvailable(type) && venuesOf(type).length > 0,
      venues: venuesOf(type),
    })),
    pipelines: pipelineList(),
  }
}

const venuesOf = (type: DataType) => Object.keys(venues).filter((venue) => servedTypes(venue).includes(type))

function describe(type: DataType): string {
  const parsed = parseDataType(type)
  const how = parsed.source === 'api' ? 'History over REST' : 'Live over WebSocket'
  switch (parsed.content) {
    case 'candles': return `${how}: closed ${parsed.interval} candles`
    case 'trades': return `${how}: trades`
    case 'orderbook': return `${how}: the order book`
    default: return parsed satisfies never
  }
}
