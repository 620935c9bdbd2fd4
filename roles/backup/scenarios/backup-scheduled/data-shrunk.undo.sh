#!/bin/sh
# A person has looked: it was right. The next copy is compared with this one.
socle-backup run >/dev/null
