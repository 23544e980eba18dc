"""Takes TensorFlow's libraries and C headers out of its wheel: unpack_library.py WHEEL FOLDER"""
import pathlib
import shutil
import sys
import zipfile

wheel, folder = sys.argv[1], pathlib.Path(sys.argv[2])
headers = tuple(f"tensorflow/include/{path}" for path in ("tensorflow/c/", "tensorflow/core/platform/ctstring", "tsl/"))

with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.endswith("/"):
            continue
        if name in ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2"):
            target = folder / "lib" / name.rpartition("/")[2]
        elif name.startswith(headers):
            target = folder / "include" / name.removeprefix("tensorflow/include/")
        else:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
