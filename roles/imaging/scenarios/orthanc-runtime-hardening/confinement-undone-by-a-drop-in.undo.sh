#!/bin/sh
# lab: imaging
# No engine removes a file that it does not know.
rm /etc/systemd/system/orthanc.service.d/zz-vendor.conf
systemctl daemon-reload
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
