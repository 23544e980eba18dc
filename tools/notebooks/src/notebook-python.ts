import { type FoundPython, pythonEnvironment } from '@streamforge/servers'

/** A Python that can run the notebooks: about 170 MB from PyPI on first use, half a minute. */
export const notebookPython = (): Promise<FoundPython> => pythonEnvironment({
  name: 'notebooks-1', packages: ['nbclient==0.11.0', 'ipykernel==7.4.0', 'numpy==2.4.6', 'matplotlib==3.11.2', 'python-arango==8.3.7'],
})
