export { observabilityDocuments } from './observability-documents.ts'
