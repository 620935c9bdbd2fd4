#!/bin/sh
# host: sauvegarde
# "The provider's old script could not prune": clients may delete again.
sed -i 's/ --append-only//' /etc/ssh/authorized_keys.d/socle-backup
