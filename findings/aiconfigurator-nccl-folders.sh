#!/usr/bin/env bash
# aiconfigurator: folders of NCCL tables have names of versions that their rows don't have
#
# aiconfigurator-core 0.12.0: `systems/data/<system>/comm/nccl/<version>/nccl_perf.parquet` has a column `version`. In folders
# named "2.27.3", "2.26.2", "2.27" and "2.23" (GB200) all rows say 2.29.2, some of them several times with different times:
# whoever compares NCCL versions by folder compares 2.29.2 with itself.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps aiconfigurator-core==0.12.0
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pandas==2.3.3 pyarrow==22.0.0
"$work/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import pathlib
import sys
import sysconfig

import pandas

print("aiconfigurator-core", importlib.metadata.version("aiconfigurator-core"))
data = pathlib.Path(sysconfig.get_paths()["purelib"]) / "aiconfigurator_core" / "systems" / "data"
misnamed = 0
for table in sorted(data.glob("*/comm/nccl/*/nccl_perf.parquet")):
    rows = pandas.read_parquet(table)
    if "version" not in rows:
        continue
    inside, folder = sorted(set(rows["version"])), table.parent.name
    repeated = int(rows.groupby(["op_name", "nccl_dtype", "num_gpus", "message_size"]).size().max())
    wrong = folder not in inside
    misnamed += wrong
    print(f"{table.parts[-5]:24} folder {folder:8} rows of {', '.join(inside):8} each up to {repeated} times {'<- not the folder’s' if wrong else ''}")
print(misnamed, "folders hold none of the version they are named after")
sys.exit(0 if misnamed >= 5 else 1)
PYTHON
