#!/bin/sh
# host: sauvegarde
# A drop-in read before ours: sshd takes keys from a file that the account itself may write.
printf 'Match User socle-backup\n    AuthorizedKeysFile .ssh/authorized_keys\nMatch all\n' \
    >/etc/ssh/sshd_config.d/10-provider.conf
systemctl reload ssh.service
