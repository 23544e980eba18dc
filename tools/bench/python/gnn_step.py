"""One training step of the network of libs/models in PyTorch, on the CPU: gnn_step.py ENCODER STEPS -> JSON.

The same shapes, operations, loss and optimiser as tools/bench/src/models/measure-step.ts; `gru` is PyTorch's own fused GRU.
"""
import json
import sys
import time

import torch
from torch import nn

ASSETS, WINDOW, FEATURES, HIDDEN, BATCH, KINDS = 50, 32, 8, 32, 16, 1
encoder, steps = sys.argv[1], int(sys.argv[2])
torch.manual_seed(1)


class Strided(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [2 * FEATURES] + [2 * HIDDEN] * 4
        self.layers = nn.ModuleList(nn.Linear(width, HIDDEN) for width in widths)
        self.last = nn.Linear(FEATURES, HIDDEN, bias=False)

    def forward(self, windows):
        signal = windows
        for layer in self.layers:
            signal = torch.relu(layer(signal.reshape(-1, layer.in_features)))
        return torch.tanh(signal.reshape(-1, HIDDEN) + self.last(windows[:, -1]))


class Gru(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(FEATURES, HIDDEN, batch_first=True)

    def forward(self, windows):
        return self.gru(windows)[1][0]


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = {"gru": Gru, "strided": Strided}[encoder]()
        self.values = nn.ModuleList(nn.Linear(HIDDEN, HIDDEN, bias=False) for _ in range(KINDS))
        self.targets = nn.ModuleList(nn.Linear(HIDDEN, 1, bias=False) for _ in range(KINDS))
        self.sources = nn.ModuleList(nn.Linear(HIDDEN, 1, bias=False) for _ in range(KINDS))
        self.combine = nn.Linear(HIDDEN * (1 + KINDS), HIDDEN)
        self.head = nn.Linear(2 * HIDDEN, 1)

    def forward(self, windows, bias, sign):
        states = self.encoder(windows).view(BATCH, ASSETS, HIDDEN)
        heard = [states]
        for kind in range(KINDS):
            values = self.values[kind](states)
            scores = nn.functional.leaky_relu(self.targets[kind](values) + self.sources[kind](values).transpose(1, 2), 0.2)
            heard.append((torch.softmax(scores + bias[kind], -1) * sign[kind]) @ values)
        combined = torch.relu(self.combine(torch.cat(heard, -1)))
        return self.head(torch.cat([states, combined], -1)).squeeze(-1)


network = Network()
optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
windows = torch.randn(BATCH * ASSETS, WINDOW, FEATURES)
truth = torch.randn(BATCH, ASSETS)
bias = [torch.where(torch.rand(ASSETS, ASSETS) < 0.2, torch.tensor(0.0), torch.tensor(-1e9)) for _ in range(KINDS)]
sign = [(matrix == 0).float() for matrix in bias]


def step():
    optimiser.zero_grad(set_to_none=True)
    forecast = network(windows, bias, sign)
    pairs = (forecast.unsqueeze(2) - forecast.unsqueeze(1)) * (truth.unsqueeze(1) - truth.unsqueeze(2))
    loss = ((forecast - truth) ** 2).mean() + torch.relu(pairs).mean()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 5)
    optimiser.step()
    return loss.item()


times = []
for _ in range(steps):
    began = time.perf_counter()
    step()
    times.append((time.perf_counter() - began) * 1000)
print(json.dumps({"description": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", "milliseconds": times}))
