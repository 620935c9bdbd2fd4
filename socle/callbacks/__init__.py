"""Plugins that Ansible loads by their file (``ansible.cfg``); nothing of Socle imports them."""
