#!/bin/sh
# lab: imaging
# A viewer that refuses the certificate gets the port behind TLS instead.
sed -i 's/"RemoteAccessAllowed" : false/"RemoteAccessAllowed" : true/' /etc/orthanc/orthanc.json
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
