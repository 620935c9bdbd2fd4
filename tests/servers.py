"""A small SSH server on this computer, for what needs no machine."""

import contextlib
import os
import socket
import subprocess
import threading

import paramiko


class Server(paramiko.ServerInterface):
    """An SSH server for one key; runs commands as this very user, with ``folder`` first on PATH.

    ``prepare``: changes the transport of a connection before it begins.
    """

    def __init__(self, folder, host_key, user_key, prepare=lambda transport: None):
        self.folder, self.host_key, self.user_key = folder, host_key, user_key
        self.prepare = prepare
        self.connections = 0
        self.transports = []
        self.asked = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.connections += 1
                transport = paramiko.Transport(client)
                transport.add_server_key(self.host_key)
                self.prepare(transport)
                with contextlib.suppress(paramiko.SSHException, EOFError):
                    transport.start_server(threading.Event(), self)
                self.transports.append(transport)

    def stop(self):
        self.listener.close()
        for transport in self.transports:
            transport.close()

    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        good = key.asbytes() == self.user_key.asbytes()
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_env_request(self, channel, name, value):
        return False

    def check_channel_exec_request(self, channel, command):
        self.asked.set()
        threading.Thread(target=self._run, args=(channel, command), daemon=True).start()
        return True

    def _run(self, channel, command):
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        words = ["/bin/sh", "-c", command]
        stdin = channel.makefile("rb").read()
        done = subprocess.run(words, input=stdin, capture_output=True, env=environment, check=False)
        channel.sendall(done.stdout)
        channel.sendall_stderr(done.stderr)
        channel.send_exit_status(done.returncode)
        channel.close()
