# SPDX-License-Identifier: Apache-2.0
"""What a name stands for: itself, or the content of the file or folder that it names."""

import functools
import hashlib
from pathlib import Path
from typing import Any

import yaml

_SHOWN = 32


@functools.lru_cache(maxsize=4096)
def _hash_of(file: str, _size: int, _modified_ns: int) -> str:
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:_SHOWN]


def file_hash(file: Path) -> str:
    """The hash of a file's bytes; read once as long as its size and time of change stay."""
    status = file.stat()
    return _hash_of(str(file), status.st_size, status.st_mtime_ns)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for child in value.values() for text in _texts(child)]
    if isinstance(value, list):
        return [text for child in value for text in _texts(child)]
    return []


def _is_there(path: Path) -> bool:
    try:
        return path.is_file() or path.is_dir()
    except (OSError, ValueError):  # a text that cannot be a name: too long, a zero byte
        return False


def meaning(name: str, folder: Path) -> str:
    """`name`, or where it is a file seen from `folder` a hash of it and of the files that it names in turn.

    A dataset, `kind:DIR`, stands for the files of the folder.
    """
    kind, _, rest = name.partition(":")
    if rest and "/" not in kind and _is_there(folder / rest):
        return f"{kind}:{_content(folder / rest, folder, ())}"
    if name and _is_there(folder / name):
        return _content(folder / name, folder, ())
    return name


def _content(path: Path, folder: Path, above: tuple[Path, ...]) -> str:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        parts = [f"{file.relative_to(path)}={file_hash(file)}" for file in files]
    else:
        parts = [file_hash(path)]
        if path.suffix in (".yaml", ".yml") and path not in above:
            parts += _named_files(path, folder, (*above, path))
    return "content " + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_SHOWN]


def _named_files(path: Path, folder: Path, above: tuple[Path, ...]) -> list[str]:
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return []  # the simulator says what is wrong with it
    named = [text for text in _texts(value) if "/" in text or text.endswith((".yaml", ".yml"))]
    return [f"{text}={_content(folder / text, folder, above)}" for text in named if (folder / text).is_file()]
