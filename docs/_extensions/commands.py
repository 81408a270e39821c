"""The directive ``commands``: every command of convoracle with its options, from the tables that its parsers have."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from importlib import import_module

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from convoracle.suites.command import options


class Commands(Directive):
    """A section for each command, in the order of ``convoracle --help``."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        return [_section(command) for command in options.COMMANDS]


def _section(command: options.Command) -> nodes.section:
    wide = partial(argparse.HelpFormatter, width=100)
    parser = argparse.ArgumentParser(prog=f"convoracle {command.name}", formatter_class=wide)
    package = options.__package__
    import_module(f".{command.module}", package).add_options(parser)
    section = nodes.section(ids=[f"convoracle-{command.name}"], names=[f"convoracle {command.name}"])
    section += nodes.title("", "", nodes.literal("", f"convoracle {command.name}"))
    section += nodes.paragraph("", command.description)
    usage = parser.format_usage().removeprefix("usage: ").rstrip()
    section += nodes.literal_block(usage, usage, language="text")
    section += nodes.definition_list("", *_items(parser))
    return section


def _items(parser: argparse.ArgumentParser) -> Iterator[nodes.definition_list_item]:
    for group in parser._action_groups:
        for action in group._group_actions:
            if action.help is argparse.SUPPRESS or isinstance(action, argparse._HelpAction):
                continue
            term = nodes.term("", "", nodes.literal("", _invocation(action)))
            told = (action.help or "") % {"default": action.default, "prog": parser.prog}
            yield nodes.definition_list_item("", term, nodes.definition("", nodes.paragraph("", told)))


def _invocation(action: argparse.Action) -> str:
    """As in the help: ``-j, --jobs N``."""
    shown = action.metavar or (
        "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()
    )
    value = " ".join(shown) if isinstance(shown, tuple) else shown
    if not action.option_strings:
        return value
    names = ", ".join(action.option_strings)
    if action.nargs == 0:
        return names
    return f"{names} {value}{' …' if action.nargs in ('+', '*') else ''}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
