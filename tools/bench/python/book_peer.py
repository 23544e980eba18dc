"""Applies recorded depth updates to cryptofeed's order_book (a C extension) and times it.

Reads a file of JSON lines: a snapshot, then diffs, each {"bids": [[price, quantity], ...], "asks": [...]} in decimal text.
`text` times what a feed handler does, decimal text to Decimal to book, as cryptofeed does it; `read` the same with the best bid and
ask looked at after each diff (the book sorts when it is read); `parsed` the book alone, with every Decimal made beforehand.
Prints one JSON line with updates a second (the median of the repeats) and the best levels.
"""
import json
import statistics
import sys
import time
from decimal import Decimal

from order_book import OrderBook


def apply_text(book, diffs):
    for bids, asks in diffs:
        for side, levels in ((book.bids, bids), (book.asks, asks)):
            for price, quantity in levels:
                price, quantity = Decimal(price), Decimal(quantity)
                if quantity:
                    side[price] = quantity
                elif price in side:
                    del side[price]


def apply_text_and_read(book, diffs):
    for diff in diffs:
        apply_text(book, (diff,))
        book.bids.index(0), book.asks.index(0)


def apply_parsed(book, diffs):
    for bids, asks in diffs:
        for side, levels in ((book.bids, bids), (book.asks, asks)):
            for price, quantity in levels:
                if quantity:
                    side[price] = quantity
                elif price in side:
                    del side[price]


def decimals(levels):
    return [(Decimal(price), Decimal(quantity)) for price, quantity in levels]


def main():
    path, repeats = sys.argv[1], int(sys.argv[2])
    with open(path) as lines:
        snapshot, *diffs = [(m["bids"], m["asks"]) for m in map(json.loads, lines)]
    parsed = [(decimals(bids), decimals(asks)) for bids, asks in diffs]
    updates = sum(len(bids) + len(asks) for bids, asks in diffs)
    rates = {"text": [], "read": [], "parsed": []}
    runs = (("text", apply_text, diffs), ("read", apply_text_and_read, diffs), ("parsed", apply_parsed, parsed))
    for _ in range(repeats):
        for name, run, data in runs:
            book = OrderBook()
            book.bids = dict(decimals(snapshot[0]))
            book.asks = dict(decimals(snapshot[1]))
            book.bids.index(0), book.asks.index(0)
            began = time.perf_counter()
            run(book, data)
            best = book.bids.index(0), book.asks.index(0)
            rates[name].append(updates / (time.perf_counter() - began))
    print(json.dumps({
        **{name: statistics.median(values) for name, values in rates.items()}, "updates": updates,
        "bid": float(best[0][0]), "ask": float(best[1][0]),
    }))


if __name__ == "__main__":
    main()
