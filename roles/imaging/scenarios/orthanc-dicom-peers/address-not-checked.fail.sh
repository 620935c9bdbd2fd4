#!/bin/sh
# lab: imaging
# "The modality has changed its address again."
sed -i 's/"DicomCheckModalityHost" : true/"DicomCheckModalityHost" : false/' /etc/orthanc/orthanc.json
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
