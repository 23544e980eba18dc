"""Runs the Lua script that Fluent Bit runs, on records from standard input (a JSON list); prints what it answers, one list [code, record] each."""
import json
import sys

from lupa.lua53 import LuaRuntime, lua_type

lua = LuaRuntime(unpack_returned_tuples=True)
lua.execute(open(sys.argv[1], encoding="utf-8").read())


def to_lua(value):
    if isinstance(value, dict):
        return lua.table_from({key: to_lua(inner) for key, inner in value.items()})
    if isinstance(value, list):
        return lua.table_from([to_lua(inner) for inner in value])
    return value


def from_lua(value):
    return {key: from_lua(inner) for key, inner in value.items()} if lua_type(value) == "table" else value


index = lua.globals().index
answers = []
for record in json.load(sys.stdin):
    code, _, answer = index("kube.test", 1735689600.5, to_lua(record))
    answers.append([code, from_lua(answer)])
json.dump(answers, sys.stdout)
