"""Widgets for a notebook's declared parameters: type, range, choices, unit and help come from the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.ui import choosing
from app.ui.texts import say_if_known
from core.jobs.notebooks.catalogue import NotebookDescription, Parameter, Value, fitting

COLUMNS = 3


def draw_parameters(notebook: NotebookDescription, *, leave_out: Collection[str] = ()) -> dict[str, Value]:
    """One widget per parameter, in the notebook's order; the chosen values by name."""
    shown = [one for one in notebook.parameters if one.name not in leave_out]
    columns = st.columns(COLUMNS)
    return {
        one.name: draw_parameter(columns[place % COLUMNS], one, f"{notebook.name}:{one.name}", room=notebook.room)
        for place, one in enumerate(shown)
    }


def draw_grouped(
    notebook: NotebookDescription,
    given: Mapping[str, Any],
    draw_one: Callable[[DeltaGenerator, Parameter, str], Value],
    *,
    key: str,
) -> dict[str, Value]:
    """One widget per parameter under the headings of the notebook's own cell; the chosen values by name.

    given: values to begin with; one that is not allowed any more gives way to the default. key: other values to begin
    with need another one. draw_one: draws one on a place, under a key.
    """
    values: dict[str, Value] = {}
    for group, members in groupby(notebook.parameters, key=lambda one: one.group):
        if group:
            st.markdown(f"**{say_if_known('parameter_group', group.replace(' ', '_'), group.capitalize())}**")
        columns = st.columns(COLUMNS)
        for place, one in enumerate(members):
            began = fitting(one, given[one.name]) if one.name in given else None
            begun = one if began is None else replace(one, default=began)
            values[one.name] = draw_one(columns[place % COLUMNS], begun, f"{key}:{notebook.name}:{one.name}")
    return values


def label_of(name: str, room: str) -> str:
    """What a parameter is called; a room may have a word of its own for a name that others use too."""
    return say_if_known("parameter", f"{room}_{name}", say_if_known("parameter", name, name.replace("_", " ")))


def choice_of(choice: str, room: str) -> str:
    """One of the allowed values in words; a room may have words of its own for it."""
    return say_if_known("choice", f"{room}_{choice}", say_if_known("choice", choice, choice))


def help_of(parameter: Parameter, room: str) -> str:
    """What a parameter does, in a sentence."""
    otherwise = say_if_known("parameter_help", parameter.name, parameter.help)
    return say_if_known("parameter_help", f"{room}_{parameter.name}", otherwise)


def draw_parameter(place: DeltaGenerator, parameter: Parameter, key: str, *, room: str = "") -> Value:
    """The widget of one parameter; its value."""
    label = label_of(parameter.name, room)
    if parameter.unit:
        label = f"{label} [{say_if_known('unit', parameter.unit, parameter.unit)}]"
    help_text = help_of(parameter, room)
    if parameter.choices:
        return str(
            choosing.one_of(
                place,
                label,
                parameter.choices,
                index=parameter.choices.index(str(parameter.default)),
                format_func=lambda choice: choice_of(choice, room),
                help=help_text,
                key=key,
            )
        )
    if parameter.type == "bool":
        return place.toggle(label, bool(parameter.default), help=help_text, key=key)
    if parameter.type == "str":
        return place.text_input(label, str(parameter.default), help=help_text, key=key) or ""
    number = int if parameter.type == "int" else float
    return number(
        place.number_input(
            label,
            min_value=None if parameter.minimum is None else number(parameter.minimum),
            max_value=None if parameter.maximum is None else number(parameter.maximum),
            value=number(parameter.default),
            step=1 if number is int else _step(parameter),
            format=None if number is int else "%g",  # two decimals would show a learning rate of 0.001 as 0.00
            help=help_text,
            key=key,
        )
        or 0
    )


def _step(parameter: Parameter) -> float:
    """The smallest allowed value where that is finer than a hundredth."""
    return parameter.minimum if parameter.minimum and parameter.minimum < 0.01 else 0.01
