#!/bin/sh
# lab: imaging
# The provider of the new ultrasound wants the port that its manual names.
sed -i 's/"DicomPort" : 2762/"DicomPort" : 11112/' /etc/orthanc/orthanc.json
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
