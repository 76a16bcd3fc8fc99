"""A Nix that sees nothing of the machine's own configuration."""

import os
import subprocess


class Nix:
    def __init__(self, directory, home):
        self.programs = os.path.join(os.path.abspath(directory), "bin")
        os.makedirs(home, exist_ok=True)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("NIX_")} | {
            "HOME": home,
            "XDG_CACHE_HOME": home,
            "XDG_STATE_HOME": home,
            "NIX_CONF_DIR": home,
            "NIX_USER_CONF_FILES": "",
            "NIX_CONFIG": "experimental-features = nix-command\n"
            "build-users-group =\n"
            "substituters =\n"
            "sandbox = true\n"
            "fsync-metadata = false\n"
            "sandbox-paths = /usr /lib /lib64\n",
        }

    def run(self, program, store, arguments, **options):
        """Runs a program of Nix on the store below a directory; returns what it prints."""
        command = [os.path.join(self.programs, program), "--store", store, *arguments]
        return subprocess.run(command, check=True, env=self.environment, stdout=subprocess.PIPE, **options).stdout

    def version(self):
        command = [os.path.join(self.programs, "nix-store"), "--version"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
