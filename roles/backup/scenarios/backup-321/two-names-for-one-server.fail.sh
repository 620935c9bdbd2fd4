#!/bin/sh
# The off-site server "does not answer": its name now leads to the one in the practice.
python3 - <<'PYTHON'
import json
path, secrets = "/etc/socle/backup.json", "/etc/socle/backup-secrets.json"
told, secret = json.load(open(path)), json.load(open(secrets))
one, other = (next(r for r in told["repositories"] if r["name"] == n) for n in ("serveur", "distant"))
other["address"], other["port"] = one["address"], one["port"]
secret["passwords"]["distant"] = secret["passwords"]["serveur"]
json.dump(told, open(path, "w"))
json.dump(secret, open(secrets, "w"))
PYTHON
