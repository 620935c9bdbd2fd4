#!/bin/sh
# lab: imaging
# Made by hand after the old one "did not work any more".
cd /etc/socle/imaging || exit
openssl req -x509 -newkey rsa:2048 -nodes -days 300 -subj /CN=imagerie -keyout new.key -out new.crt 2>/dev/null
cat new.crt new.key >orthanc.pem
rm new.crt new.key
systemctl restart socle-imaging-tls
sleep 1
