#!/usr/bin/env bash
# carbontracker: every server's processor draws 36 watts
#
# Where carbontracker 2.4.7 can't read a processor's own counters, as in most virtual machines, it takes half of the rated
# power from a table of 3,923 processors, by the name that py-cpuinfo reports. That name ends in what the maker appends
# ("AMD EPYC 7763 64-Core Processor") or has marks in it ("Intel(R) Xeon(R) Platinum 8358"), and is found only where a
# name of the table holds all of it. The table has "AMD EPYC 7763" and "7742", 280 and 225 W, and neither is found: like
# every other they are given half of the mean of all processors, laptops' included, 35.6 W, once for a server, however
# many sockets it has. A virtual machine that says no more than "AMD EPYC" is found, as the first entry that begins so:
# 60 W. codecarbon 3.3.2 looks names up by likeness in a table of the same kind, and finds them.
#
# Seen: carbontracker: EPYC 9654, 7763, 7742, Xeon 8480+, 8468, 8358: 35.6 W each (half of 71.2), with a warning; "AMD EPYC"
#       60.0; codecarbon: 360, 280, 225, 350, 350, 250 W rated
# Fails (exit 1) when one says otherwise. Needs Python 3.11 or newer, pip and some 400 MB in a temp folder.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"
python3 -m venv first && python3 -m venv second
first/bin/pip install --quiet --disable-pip-version-check carbontracker==2.4.7
second/bin/pip install --quiet --disable-pip-version-check codecarbon==3.3.2

cat > names.py <<'PYTHON'
SERVERS = {
    "AMD EPYC 9654 96-Core Processor": 360,
    "AMD EPYC 7763 64-Core Processor": 280,
    "AMD EPYC 7742 64-Core Processor": 225,
    "Intel(R) Xeon(R) Platinum 8480+": 350,
    "Intel(R) Xeon(R) Platinum 8468": 350,
    "Intel(R) Xeon(R) Platinum 8358 CPU @ 2.60GHz": 250,
}
PYTHON

first/bin/python - <<'PYTHON'
import cpuinfo
from carbontracker.components.cpu.generic import GenericCPU
from names import SERVERS


def watts(name):
    cpuinfo.get_cpu_info = lambda: {"brand_raw": name}  # what the library would read on that machine
    cpu = GenericCPU([], False)
    cpu.init()
    (found,) = cpu.power_usage()
    print(f"carbontracker  {name}: {found:.1f} W")
    return round(found, 1), cpu.cpu_power_data


for name in SERVERS:
    found, table = watts(name)
    assert found == 35.6
print(f"carbontracker  {len(table)} names, among them {[name for name in ('AMD EPYC 7763', 'AMD EPYC 7742') if name in table]}")
assert table["AMD EPYC 7763"] == 280 and table["AMD EPYC 7742"] == 225
assert watts("AMD EPYC")[0] == 60.0
PYTHON

second/bin/python - <<'PYTHON'
from codecarbon.core.cpu import TDP
from codecarbon.input import DataSource
from names import SERVERS

look, table = TDP.__new__(TDP), DataSource().get_cpu_power_data()
for name, rated in SERVERS.items():
    match = look._get_matching_cpu(name, table, greedy=False)
    watts = float(table[table["Name"] == match]["TDP"].iloc[0])
    print(f"codecarbon     {name}: {match}, {watts:.0f} W rated")
    assert watts == rated
PYTHON
echo "As described."
