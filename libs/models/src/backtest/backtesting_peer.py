"""The orders of a backtest, done again by the package `backtesting`: JSON on stdin, JSON on stdout."""
import json
import sys
import warnings

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

warnings.filterwarnings("ignore")
asked = json.load(sys.stdin)
bars = asked["bars"]
orders = {order["index"]: order for order in asked["orders"]}
fee, spread = asked["fee"], asked["spread"]


def commission(size, price):
    return abs(size) * price * fee


class Orders(Strategy):
    def init(self):
        pass

    def next(self):
        order = orders.get(len(self.data) - 1)
        if order is None:
            return
        if order["side"] == "buy":
            self.buy(size=order["quantity"])
        else:
            self.sell(size=order["quantity"])


frame = pd.DataFrame(
    {name.capitalize(): bars[name] for name in ("open", "high", "low", "close", "volume")},
    index=pd.to_datetime(bars["time"], unit="ms"),
)
stats = Backtest(frame, Orders, cash=asked["cash"], spread=spread, commission=commission, finalize_trades=False).run()
trades = stats["_trades"]
equity = stats["_equity_curve"]["Equity"].to_numpy()
returns = equity / np.concatenate([[asked["cash"]], equity[:-1]]) - 1
print(json.dumps({
    "equity": equity.tolist(),
    "total_return": stats["Return [%]"] / 100,
    "max_drawdown": -stats["Max. Drawdown [%]"] / 100,
    "sharpe": returns.mean() / returns.std(ddof=1),
    "sortino": returns.mean() / np.sqrt(np.mean(np.minimum(returns, 0) ** 2)),
    "wins": int((trades["PnL"] > 0).sum()),
    "entries": trades["EntryPrice"].tolist(),
    "exits": trades["ExitPrice"].tolist(),
    "sizes": trades["Size"].tolist(),
}))
