#!/bin/sh
# apt-config, which people ask, says no; apt-get, which fetches, takes what nobody signed.
echo 'Binary::apt-get::Acquire::AllowInsecureRepositories "true";' >/etc/apt/apt.conf.d/99zz-depot
