#!/bin/sh
# "The line is too slow": only the copy in the practice is left.
python3 - <<'PYTHON'
import json
path = "/etc/socle/backup.json"
told = json.load(open(path))
told["repositories"] = [one for one in told["repositories"] if one["place"] == "on-site"]
json.dump(told, open(path, "w"))
PYTHON
