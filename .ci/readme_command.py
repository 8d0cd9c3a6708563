"""Prints a set-up command from the README, so that the documented command is the one that is tested.

Usage: python .ci/readme_command.py NUMBER, counted from 1.
"""

import re
import sys
from pathlib import Path

readme = (Path(__file__).parent.parent / "README.md").read_text()
print(re.findall(r"^```bash\n(python3 -m venv .*)\n```$", readme, re.MULTILINE)[int(sys.argv[1]) - 1])
