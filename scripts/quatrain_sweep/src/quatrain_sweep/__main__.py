# SPDX-License-Identifier: Apache-2.0
"""`python -m quatrain_sweep`, as `quatrain-sweep`."""

from quatrain_sweep.commands import main

if __name__ == "__main__":
    main()
