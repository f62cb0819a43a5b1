# SPDX-License-Identifier: Apache-2.0
"""YAML whose values know their lines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from quatrain_sweep.errors import UserError


class LocatedYaml:
    """A YAML file: its value, and the line of each of its parts."""

    def __init__(self, file: Path) -> None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
        loader = yaml.SafeLoader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                raise UserError(f"{file}: is empty")
            self._root: yaml.Node = root
            self._refuse_duplicates(file, self._root)
            self.value: Any = loader.construct_document(self._root)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f":{mark.line + 1}" if mark else ""
            raise UserError(f"{file}{line}: is no YAML: {error.problem or error.context}") from error
        except yaml.YAMLError as error:
            raise UserError(f"{file}: is no YAML: {' '.join(str(error).split())}") from error
        finally:
            loader.dispose()

    def _refuse_duplicates(self, file: Path, node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, child in node.value:
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise UserError(
                        f"{file}:{line}: key '{key.value}' is there twice, first on line {seen[key.value]}"
                    )
                seen[key.value] = key.start_mark.line + 1
                self._refuse_duplicates(file, child)
        elif isinstance(node, yaml.SequenceNode):
            for child in node.value:
                self._refuse_duplicates(file, child)

    def line(self, path: Sequence[str | int]) -> int:
        """The line, from 1, of the value at `path`; parts that the file does not have are passed over."""
        node: yaml.Node = self._root
        line = node.start_mark.line + 1
        for part in path:
            if isinstance(node, yaml.MappingNode):
                for key, child in node.value:
                    if key.value == str(part):
                        node, line = child, key.start_mark.line + 1
                        break
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
        return line

    def known(self, path: Sequence[str | int]) -> str:
        """The parts of `path` that the file has, as a dotted key."""
        node: yaml.Node = self._root
        parts: list[str] = []
        for part in path:
            if isinstance(node, yaml.MappingNode):
                found = [child for key, child in node.value if key.value == str(part)]
                if found:
                    node = found[0]
                    parts.append(str(part))
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                parts.append(str(part))
        return ".".join(parts)
