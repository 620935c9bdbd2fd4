"""A small SSH server on this computer, for what needs no machine."""

import contextlib
import os
import signal
import socket
import subprocess
import threading

import paramiko


class Server(paramiko.ServerInterface):
    """An SSH server for one key; runs commands as this very user, with ``folder`` first on PATH.

    ``prepare``: changes the transport of a connection before it begins. ``shell``: the login
    shell, as sshd starts it.
    """

    shell = ("/bin/sh", "-c")

    def __init__(self, folder, host_key, user_key, prepare=lambda transport: None):
        self.folder, self.host_key, self.user_key = folder, host_key, user_key
        self.prepare = prepare
        self.connections = 0
        self.transports = []
        self.processes = []
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
        self.listener.shutdown(socket.SHUT_RDWR)  # ends its thread, which waits in accept()
        self.listener.close()
        for transport in self.transports:
            transport.close()
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)

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
        words, pipe = [*self.shell, command], subprocess.PIPE
        with subprocess.Popen(
            words, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, bufsize=0,
            start_new_session=True,
        ) as process:  # fmt: skip
            self.processes.append(process)
            pumps = [
                threading.Thread(target=pump, args=(process, *ends), daemon=True)
                for ends in (
                    (process.stdout.read, channel.sendall),
                    (process.stderr.read, channel.sendall_stderr),
                )
            ]
            for one in pumps:
                one.start()
            threading.Thread(target=feed, args=(channel, process.stdin), daemon=True).start()
            for one in pumps:
                one.join()
            code = process.wait()
        with contextlib.suppress(OSError, EOFError):
            channel.send_exit_status(code % 256)
        channel.close()


def pump(process, read, send):
    """What a command says goes to whoever asked; without him it ends."""
    try:
        while piece := read(1 << 16):
            send(piece)
    except (OSError, ValueError):
        process.kill()


def feed(channel, stdin):
    with contextlib.suppress(OSError, ValueError):
        while piece := channel.recv(1 << 16):
            stdin.write(piece)
        stdin.close()
