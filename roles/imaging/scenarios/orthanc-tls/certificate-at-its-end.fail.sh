#!/bin/sh
# lab: imaging
# The daily look was stopped a year ago.
cd /etc/socle/imaging || exit
systemctl disable --now --quiet socle-imaging-renew.timer
address=$(hostname -I | cut -d' ' -f1)
openssl req -new -newkey rsa:2048 -nodes -subj /CN=imagerie -keyout new.key -out new.req 2>/dev/null
echo "subjectAltName=DNS:$(hostname),DNS:localhost,IP:127.0.0.1,IP:$address" >new.ext
openssl x509 -req -in new.req -days 9 -CA authority.crt -CAkey authority.key -set_serial 9 \
    -extfile new.ext -out new.crt 2>/dev/null
cat new.crt new.key >orthanc.pem
rm new.*
systemctl restart socle-imaging-tls
sleep 1
