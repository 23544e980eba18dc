export {
  barsOf, compareForecasters, forecasterNames, networkNames, truthOf, type Comparison, type ComparisonInput, type ForecasterName, type NetworkName,
} from './comparison/compare-forecasters.ts'
