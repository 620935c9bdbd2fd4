"""Runs on the host, as root: after how long the shells that people really get close.

``python3 -ISB -c SOURCE REQUEST``, where SOURCE is person.py, people.py and this; the answer is one
JSON object. A shell is asked as a person meets it: interactive, at its prompt, after all that it
reads. Each is asked aside, so that nothing of it stays (people.py).
"""

import json
import pwd
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from people import ASIDE, LONGEST, Person, cover, login
from person import Unread

BELONGING_TO_NOBODY = ("nologin", "false", "sync")
# Any shell of Bourne's family answers; only bash says that it is one, and what may be changed.
ASK = r"""is=; [ -z "${BASH_VERSION-}" ] || eval 'is="bash ${TMOUT@a}"'
command printf '\0%s\0%s\0' "${TMOUT-}" "$is"
exit
"""
AT_PROMPT = 'printf %s "$1" | "$2" $3 -i'
ANSWER = re.compile("\0([^\0]*)\0([^\0]*)\0")
PATIENCE = 45  # seconds for all that is asked about one person
# More processes and threads than a person is seen to have: see observe.py.
SPARE = 2048


def everybody(request):
    """The shells of each person, and of root."""
    secret = with_password()
    accounts = [
        one
        for one in pwd.getpwall()
        if one.pw_name == "root" or logs_in(one, request["uids"], secret)
    ]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: aside(one, request), accounts))
    return {one.pw_name: answer for one, answer in zip(accounts, answers, strict=True)}


def logs_in(account, uids, secret):
    """Whether a person logs in with this account: by its number, or because it has a password."""
    shell = account.pw_shell.rsplit("/", 1)[-1]
    person = uids[0] <= account.pw_uid <= uids[1] or account.pw_name in secret
    return person and shell not in BELONGING_TO_NOBODY


def with_password():
    """Accounts whose password is not locked."""
    with open("/etc/shadow", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        rows = [line.split(":") for line in file]
    return {row[0] for row in rows if len(row) > 1 and not row[1].startswith(("!", "*"))}


def aside(account, request):
    """What `shells` finds out, in a process that leaves nothing behind."""
    command = [*ASIDE, *sys.orig_argv[:-1], json.dumps({**request, "person": account.pw_name})]
    try:
        said = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=True
        ).stdout
        return json.loads(said)
    except (subprocess.SubprocessError, ValueError) as error:
        lines = (getattr(error, "stderr", None) or b"no answer").decode(errors="replace")
        why = lines.splitlines()[-1][:200]
        return {"shell": account.pw_shell, "unread": {"login": f"login: {why}"}}


def shells(account):
    """A person's login shell, and the shell of a terminal window; [TMOUT, what it is]."""
    found = {"shell": account.pw_shell, "unread": {}}
    try:
        cover(account)
        person = Person(account, SPARE)
        environment = login(person, {})
        environment["XDG_RUNTIME_DIR"] = "/tmp/run"  # noqa: S108 - covered: nobody else's
        before = {name: value for name, value in environment.items() if name != "TMOUT"}
        for kind, option, given in (("login", "-l", before), ("window", "", environment)):
            words = ("sh", "-c", AT_PROMPT, "sh", ASK, account.pw_shell or "/bin/sh", option)
            said = person.ask(*words, environment=given).text
            answers = ANSWER.findall(said)
            found[kind] = [word[:LONGEST] for word in answers[-1]] if answers else None
    except Unread as why:
        found["unread"]["login"] = f"login: {why}"
    return found


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    whose = wanted.get("person")
    told = everybody(wanted) if whose is None else shells(pwd.getpwnam(whose))
    sys.stdout.write(json.dumps(told))
