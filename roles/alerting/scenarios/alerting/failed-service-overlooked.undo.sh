#!/bin/sh
# Its cause is gone.
systemctl reset-failed logiciel-medical.service
