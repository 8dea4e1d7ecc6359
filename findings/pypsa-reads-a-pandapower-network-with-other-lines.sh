#!/usr/bin/env bash
# PyPSA, pandapower: a network that crosses over has other lines, other transformers and no battery
#
# PyPSA's import_from_pandapower_net reads a pandapower network without a complaint about any of this (it warns of switches,
# taps, shunts, elements out of service and transformers of three windings). Of two parallel circuits of 110 kV that carry
# 245.8 MVA it makes, by default, a line of the right impedance whose capacity is 0 MVA; with extra_line_data=True one of
# 71.0 MVA, short of the root of three and of the second circuit, with the impedance of a single circuit. A transformer that
# isn't of a standard type arrives with its impedance divided by its own rating once too often: 12 % of 40 MVA are 0.3 %,
# and the angle across it falls from 6.2 degrees to 0.1. Batteries (`storage`) aren't read at all.
#
# Seen, with PyPSA 1.2.4, the last that installs beside pandapower 3.5.6 (1.4.0 has the same lines): capacity 245.8, 0 and
#       71.0 MVA; resistance of the line 1.188, 1.188 and 2.376 ohm; transformer 12 %, then 0.3 %; 6.23 and 0.13 degrees;
#       taken from the grid 35.3, 30.1 and 30.2 MW, for the battery's 5 MW are gone
# Fails (exit 1) when the packages behave otherwise. Needs Python 3.11 or newer, pip and some 1 GB in a temp folder.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check pypsa==1.2.4 pandapower==3.5.6

tools/bin/python - 2>/dev/null <<'PY'
import sys
from math import degrees, hypot, sqrt

import pandapower
import pypsa

print("PyPSA", pypsa.__version__, "pandapower", pandapower.__version__)
net = pandapower.create_empty_network()
grid, yard = (pandapower.create_bus(net, 110, name=name) for name in ("grid", "yard"))
hall = pandapower.create_bus(net, 20, name="hall")
pandapower.create_ext_grid(net, grid, name="utility")
pandapower.create_line(net, grid, yard, 20, "243-AL1/39-ST1A 110.0", name="line", parallel=2)
rated = dict(sn_mva=40, vn_hv_kv=110, vn_lv_kv=20, vk_percent=12, vkr_percent=0.4, pfe_kw=20, i0_percent=0.06)
pandapower.create_transformer_from_parameters(net, yard, hall, **rated, name="transformer")
pandapower.create_load(net, hall, p_mw=30, q_mvar=5, name="servers")
pandapower.create_storage(net, hall, p_mw=5, max_e_mwh=10, name="battery")  # charging
pandapower.runpp(net)

line, bus = net.line.iloc[0], net.res_bus.va_degree
there = (
    round(sqrt(3) * 110 * line.max_i_ka * line.parallel, 1),
    round(line.r_ohm_per_km * line.length_km / line.parallel, 3),
    round(rated["vk_percent"], 1),
    round(bus[yard] - bus[hall], 2),
    round(net.res_ext_grid.p_mw[0], 1),
)
print(f"pandapower: {there[0]} MVA, {there[1]} ohm, transformer {there[2]} % and {there[3]} degrees, {there[4]} MW from the grid")

arrived = {}
for extra in (False, True):
    network = pypsa.Network()
    network.import_from_pandapower_net(net, extra_line_data=extra)
    network.pf()
    line, transformer, angle = network.lines.loc["line"], network.transformers.loc["transformer"], network.buses_t.v_ang.iloc[0]
    impedance = hypot(transformer.r, transformer.x)  # PyPSA: per unit of s_nom
    storages = len(network.storage_units) + len(network.stores)
    found = (
        round(line.s_nom, 1),
        round(line.r, 3),
        round(100 * impedance, 1),
        round(degrees(angle["yard"] - angle["hall"]), 2),
        round(network.generators_t.p.loc["now", "utility"], 1),
    )
    arrived[extra] = (*found, storages)
    print(f"PyPSA, extra_line_data={extra}: {found[0]} MVA, {found[1]} ohm, transformer {found[2]} % and {found[3]} degrees, {found[4]} MW, {storages} storages")
seen = (
    there == (245.8, 1.188, 12.0, 6.23, 35.3)
    and arrived[False] == (0.0, 1.188, 0.3, 0.13, 30.1, 0)
    and arrived[True] == (71.0, 2.376, 0.3, 0.13, 30.2, 0)
)
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
