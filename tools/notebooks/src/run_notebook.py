"""python run_notebook.py <notebook>: runs it and prints, as one line of JSON, what its cells printed and the types of what they showed."""
import json
import sys

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

notebook = nbformat.read(sys.argv[1], 4)
# This interpreter's own kernel: the kernels that are registered on the machine are none of ours.
kernel = KernelManager(kernel_name="python3")
kernel.kernel_spec.argv[0] = sys.executable
try:
    NotebookClient(notebook, timeout=120, km=kernel).execute()
    error = None
except CellExecutionError as failed:
    error = f"{failed.ename}: {failed.evalue}"
outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
print(json.dumps({
    "error": error,
    "text": "".join(output.text for output in outputs if output.get("name") == "stdout"),
    "images": [len(output.data["image/png"]) for output in outputs if "image/png" in output.get("data", {})],
}))
