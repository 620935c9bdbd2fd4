#!/bin/sh
# lab: imaging
# The account of every tutorial, for a test that was never taken back.
sed -i 's/"RegisteredUsers" : {/&\n    "orthanc": "orthanc",/' /etc/orthanc/credentials.json
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
