#!/bin/sh
# lab: imaging
# The default of Orthanc, back again with the vendor's file.
sed -i 's/"DicomAlwaysAllowStore" : false/"DicomAlwaysAllowStore" : true/' /etc/orthanc/orthanc.json
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
