#!/bin/sh
# lab: imaging
# What a practice added is kept: whoever added it declares it, or takes it out.
sed -i '/"portable": \["PORTABLE"/d' /etc/orthanc/orthanc.json
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
