#!/bin/sh
# A greeting, aliases, and a shorter time in windows.
cat >>/home/camille/.bashrc <<'X'
echo Bienvenue # essai
alias printf='printf --' exit='echo non; exit' # essai
PS1='> ' PROMPT_COMMAND='history -a' # essai
shopt -q login_shell || TMOUT=300 # essai
X
