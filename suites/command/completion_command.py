"""`convoracle completion`: a script with which a shell completes commands, options and their values."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .completing import Completed

_SHELLS = ("bash", "zsh", "fish")


def add_options(completion: argparse.ArgumentParser) -> None:
    """For which shell."""
    completion.add_argument("shell", choices=_SHELLS, metavar="SHELL", help=f"one of {', '.join(_SHELLS)}")
    completion.set_defaults(run="completion_command:completion")


def completion(options: argparse.Namespace) -> int:
    """Print the script."""
    from .completing import completed  # with the options of every command

    print("\n".join(_SCRIPTS[options.shell](completed())))
    return 0


def _bash(commands: Iterable[Completed]) -> list[str]:
    commands = tuple(commands)
    lines = [
        "_convoracle() {",
        '    local current="${COMP_WORDS[COMP_CWORD]}" option="" words="" file="" place',
        "    for ((place = COMP_CWORD - 1; place > 1; place--)); do",
        '        case "${COMP_WORDS[place]}" in -*) option="${COMP_WORDS[place]}"; break ;; esac',
        "    done",
        f'    if ((COMP_CWORD == 1)); then words="{" ".join(each.name for each in commands)}"',
        '    else case "${COMP_WORDS[1]} $option $((COMP_CWORD - place))" in',
    ]
    for command in commands:
        for option in command.options:
            if option.takes:
                after = "*" if option.takes > 1 else "1"
                names = "|".join(f'"{command.name} {name} "{after}' for name in option.names)
                lines.append(f'        {names}) words="{" ".join(option.words)}"; file="{_yes(option.is_file)}" ;;')
        is_file = any(each.is_file for each in command.arguments if not each.names)
        lines.append(f'        "{command.name} "*) words="{" ".join(command.words)}"; file="{_yes(is_file)}" ;;')
    lines += ["    esac; fi", '    case "$current" in -*) file=""; case "${COMP_WORDS[1]}" in']
    for command in commands:
        names = " ".join(name for option in command.options for name in option.names)
        lines.append(f'        {command.name}) words="{names}" ;;')
    return [
        *lines,
        "    esac ;; esac",
        '    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"; [ -z "$file" ] || compgen -f -- "$current")',
        "}",
        "complete -o filenames -F _convoracle convoracle",
    ]


def _zsh(commands: Iterable[Completed]) -> list[str]:
    commands = tuple(commands)
    lines = ["#compdef convoracle", "_convoracle() {", "    local -a commands=("]
    lines += [f"        '{each.name}:{each.help}'" for each in commands]
    lines += [
        "    )",
        "    if ((CURRENT == 2)); then _describe command commands; return; fi",
        '    case "$words[2]" in',
    ]
    for command in commands:
        lines.append(f"        {command.name}) shift words; ((CURRENT--)); _arguments \\")
        for option in command.options:
            value = "" if not option.takes else f":value:{_zsh_values(option.words, option.is_file)}"
            repeated = "*" if option.takes > 1 else ""
            lines += [f"            '{repeated}{name}[{option.help}]{value}' \\" for name in option.names]
        is_file = any(each.is_file for each in command.arguments if not each.names)
        lines.append(f"            '*:argument:{_zsh_values(command.words, is_file)}' ;;")
    return [*lines, "    esac", "}", "compdef _convoracle convoracle"]


def _zsh_values(words: Iterable[str], is_file: bool) -> str:
    told = " ".join(words)
    if not is_file:
        return f"({told})"
    return f'{{_alternative "words:word:({told})" "files:file:_files"}}' if told else "_files"


def _fish(commands: Iterable[Completed]) -> list[str]:
    lines = ["complete -c convoracle -f"]
    for command in commands:
        lines.append(f"complete -c convoracle -n __fish_use_subcommand -a {command.name} -d '{command.help}'")
        within = f"complete -c convoracle -n '__fish_seen_subcommand_from {command.name}'"
        if command.words:
            lines.append(f"{within} -a '{' '.join(command.words)}'")
        if any(each.is_file for each in command.arguments if not each.names):
            lines.append(f"{within} -F")
        for option in command.options:
            names = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in option.names)
            takes = "" if not option.takes else " -r -F" if option.is_file else " -x"
            words = f" -a '{' '.join(option.words)}'" if option.words else ""
            lines.append(f"{within} {names}{takes}{words} -d '{option.help}'")
    return lines


def _yes(holds: bool) -> str:
    return "yes" if holds else ""


_SCRIPTS: Mapping[str, Callable[[Iterable[Completed]], list[str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
