#!/bin/sh
# lab: imaging
# A recipe from a forum asks for it.
sed -i 's/"ExecuteLuaEnabled" : false/"ExecuteLuaEnabled" : true/' /etc/orthanc/orthanc.json
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
