# SPDX-License-Identifier: Apache-2.0
"""What a user can do wrong, in one line."""


class UserError(Exception):
    """Bad input: one line that names the file or option, the value, and the rule it broke. Exit status 2."""


class Interrupted(Exception):
    """The work stopped early, through no fault of its input; what was finished is kept. Exit status 1."""
