# SPDX-License-Identifier: Apache-2.0
"""Sweeps of the Quatrain simulator, and reports of its runs."""

__version__ = "0.1.0"
