"""Seconds of numpy.corrcoef on a file of float32, assets x bars: correlation_peer.py FILE ASSETS BARS REPEATS -> JSON with the best of the repeats."""
import json
import sys
import time

import numpy as np

path, assets, bars, repeats = sys.argv[1], *map(int, sys.argv[2:])
values = np.fromfile(path, dtype=np.float32).reshape(assets, bars)
times = []
for _ in range(repeats):
    begun = time.perf_counter()
    correlations = np.corrcoef(values)
    times.append(time.perf_counter() - begun)
print(json.dumps({"seconds": min(times), "first": float(correlations[0, 1]), "last": float(correlations[-1, -2]), "numpy": np.__version__}))
