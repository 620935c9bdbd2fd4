#!/bin/sh
# Somebody takes it up.
socle-watch acknowledge shell-timeout --who "Prestataire" --why "Intervention prévue jeudi"
