"""The classic Python stack that StreamForge's loader is measured against: aiohttp + uvloop + orjson + aiokafka.

Loads candles from an exchange's REST interface page by page, several requests at a time, checks each row, and produces one
JSON message a candle, keyed by symbol. Written the way such loaders are: batched by aiokafka's linger, acks=all.
Prints one JSON line: {"records": n, "seconds": s}.
"""
import argparse
import asyncio
import json
import time

import aiohttp
import orjson
import uvloop
from aiokafka import AIOKafkaProducer

FIELDS = ("open", "high", "low", "close", "volume")


def to_record(symbol: str, interval: str, step: int, row: list) -> dict:
    record = {
        "kind": "candle", "venue": "binance", "symbol": symbol, "interval": interval, "open_time": row[0],
        "event_time": row[0] + step, "known_time": row[0] + step, "backfilled": True,
        "quote_volume": float(row[7]), "trade_count": int(row[8]),
        "taker_buy_volume": float(row[9]), "taker_buy_quote_volume": float(row[10]),
    }
    for i, name in enumerate(FIELDS):
        value = float(row[i + 1])
        if not value >= 0:
            raise ValueError(f"{name} of {row[0]} is {value}")
        record[name] = value
    return record


async def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--rest", required=True)
    p.add_argument("--brokers", required=True)
    p.add_argument("--topic", required=True)
    p.add_argument("--symbol", required=True)
    p.add_argument("--interval", required=True)
    p.add_argument("--step", type=int, required=True)
    p.add_argument("--start", type=int, required=True)
    p.add_argument("--end", type=int, required=True)
    p.add_argument("--concurrency", type=int, default=8)
    a = p.parse_args()
    producer = AIOKafkaProducer(
        bootstrap_servers=a.brokers, acks="all", linger_ms=5, max_batch_size=262_144,
        value_serializer=orjson.dumps, key_serializer=str.encode,
    )
    await producer.start()
    starts = asyncio.Queue()
    for start in range(a.start, a.end, 1000 * a.step):
        starts.put_nowait(start)
    sent = 0
    began = time.perf_counter()

    async def worker(session: aiohttp.ClientSession) -> None:
        nonlocal sent
        while not starts.empty():
            start = starts.get_nowait()
            params = {"symbol": a.symbol, "interval": a.interval, "startTime": start,
                      "endTime": min(a.end, start + 1000 * a.step) - 1, "limit": 1000}
            async with session.get(f"{a.rest}/api/v3/klines", params=params) as response:
                response.raise_for_status()
                rows = orjson.loads(await response.read())
            futures = [await producer.send(a.topic, to_record(a.symbol, a.interval, a.step, row), key=a.symbol) for row in rows]
            await asyncio.gather(*futures)
            sent += len(rows)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(worker(session) for _ in range(a.concurrency)))
    await producer.flush()
    seconds = time.perf_counter() - began
    await producer.stop()
    print(json.dumps({"records": sent, "seconds": seconds}))


uvloop.run(main())
