"""A terminal to run a command in and to look at: a tmux of its own, its screen and its history."""

import itertools
import os
import shlex
import shutil
import subprocess
import unicodedata

import lab

NUMBERS = itertools.count()
SHELL_AFTER = "exec sleep 1000"  # the screen stays when the command has ended


def columns_of(text):
    width = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else width.get(unicodedata.east_asian_width(c), 1)
               for c in text)


class Screen:
    """One window of `columns` x `rows` in which `argv` runs, below so many lines of others."""

    def __init__(self, folder, argv, columns=80, rows=24, above=0, **environment):
        if not shutil.which("tmux"):
            raise lab.Skip("no tmux here")
        self.columns = columns
        # A server that was told to end may still answer for a moment: the next has its own door.
        self.socket = folder / f"tmux{next(NUMBERS)}.sock"
        script = "trap : INT; "  # C-c is for the command, not for the shell around it
        script += f"seq -f 'before %g' {above}; " if above else ""
        script += shlex.join(str(word) for word in argv) + f"; echo ended=$?; {SHELL_AFTER}"
        # Its own shell prints nothing; the locale is what tells tmux that text is UTF-8.
        self._environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "screen-256color",
                             **environment}
        self._environment.pop("TMUX", None)
        for name in ("NO_COLOR",):
            if name not in environment:
                self._environment.pop(name, None)
        self._run("new-session", "-d", "-x", columns, "-y", rows, "sh", "-c", script)

    def _run(self, *arguments):
        done = subprocess.run(["tmux", "-u", "-f", "/dev/null", "-S", self.socket,
                               *map(str, arguments)],
                              env=self._environment, capture_output=True, text=True, timeout=20,
                              check=False)
        lab.check(done.returncode == 0, f"tmux {arguments[0]}: {done.stderr}")
        return done.stdout

    def resize(self, columns, rows=24):
        self.columns = columns
        self._run("resize-window", "-x", columns, "-y", rows)

    def lines(self, *more):
        return [line.rstrip() for line in self._run("capture-pane", "-p", *more).splitlines()]

    def unwrapped(self):
        return self.lines("-J")

    def text(self):
        return "\n".join(self.lines())

    def with_history(self):
        """Everything that can be scrolled back to, and what is on the screen."""
        return self.lines("-S", "-")

    def with_colours(self):
        return "\n".join(self.lines("-e"))

    def history_size(self):
        return int(self._run("display-message", "-p", "#{history_size}"))

    def wait_for(self, *texts, seconds=30):
        def there():
            shown = self.text()
            return all(text in shown for text in texts)
        try:
            lab.wait_until(there, seconds, f"{texts} on the screen")
        except TimeoutError as error:
            raise lab.Failure(f"{error}\n{self.text()}") from None

    def keys(self, *names):
        self._run("send-keys", *names)

    def signal(self, name):
        """To what runs in the foreground, as its user's keys would."""
        self.keys({"INT": "C-c", "TSTP": "C-z"}[name])

    def close(self):
        self._run("kill-server")
