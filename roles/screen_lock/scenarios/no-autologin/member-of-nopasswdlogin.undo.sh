#!/bin/sh
# Who may log in how is the accounts' room's.
groupdel nopasswdlogin
