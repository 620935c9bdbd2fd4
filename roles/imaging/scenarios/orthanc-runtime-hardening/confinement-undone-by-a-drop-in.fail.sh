#!/bin/sh
# lab: imaging
# The vendor's installer brings a drop-in that is read after ours.
cat >/etc/systemd/system/orthanc.service.d/zz-vendor.conf <<EOF
[Service]
NoNewPrivileges=no
CapabilityBoundingSet=~
ProtectSystem=no
ProtectHome=no
PrivateDevices=no
PrivateTmp=no
SystemCallFilter=
RestrictAddressFamilies=
RestrictNamespaces=no
IPAddressDeny=
ProtectProc=default
ProcSubset=all
EOF
systemctl daemon-reload
systemctl restart orthanc && for _ in $(seq 60); do ss -ltn | grep -q ":8042 " && break; sleep 0.5; done
