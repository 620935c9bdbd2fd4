#!/bin/sh
# "The ultrasound could not send, so I opened the port." To everybody.
nft insert rule inet socle flows_in tcp dport 11112 accept
