#!/bin/sh
# lab: imaging
# "It does not speak TLS, I switched it off for all of them."
sed -i 's/"DicomTlsEnabled" : true/"DicomTlsEnabled" : false/' /etc/orthanc/orthanc.json
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
