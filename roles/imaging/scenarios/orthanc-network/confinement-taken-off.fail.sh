#!/bin/sh
# lab: imaging
# "It did not start at first, so I removed what was new."
rm /etc/systemd/system/orthanc.service.d/socle.conf
systemctl daemon-reload
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
