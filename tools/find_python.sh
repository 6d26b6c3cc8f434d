#!/bin/sh
# Print the first supported Python, or say what to install.
#
# `python3` comes first because it is the one the user (or pyenv, conda, a CI job) chose. A candidate is
# run before it is believed: pyenv leaves commands on PATH that only print an error.
supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

# `ensurepip` is asked for first; Debian leaves it out, and environment.py then fetches pip itself.
for need in "import venv, ensurepip" "import venv"; do
    for candidate in ${PYTHON:-python3 python python3.13 python3.12 python3.11}; do
        if "$candidate" -c "$need; $supported" 2>/dev/null; then
            echo "$candidate"
            exit 0
        fi
    done
done

cat >&2 <<MESSAGE
No supported Python was found; Python 3.11, 3.12 or 3.13 is needed (looked for: ${PYTHON:-python3, python, python3.13, python3.12, python3.11}).
Install one of them:
    Debian, Ubuntu    sudo apt install python3 python3-venv
    Fedora            sudo dnf install python3.12
    macOS             brew install python@3.12
    without root      https://docs.astral.sh/uv (uv python install 3.12), or pyenv, or conda
Then run make again. If it is installed outside PATH:  make PYTHON=/path/to/python3.12 ...
MESSAGE
exit 1
