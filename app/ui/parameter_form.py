"""Widgets for a notebook's declared parameters: type, range, choices, unit and help come from the catalogue."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.ui import choosing
from app.ui.texts import say_if_known
from core.jobs.catalogue import NotebookDescription, Parameter, Value

COLUMNS = 3


def draw_parameters(notebook: NotebookDescription, *, leave_out: Collection[str] = ()) -> dict[str, Value]:
    """One widget per parameter, in the notebook's order; the chosen values by name."""
    shown = [one for one in notebook.parameters if one.name not in leave_out]
    columns = st.columns(COLUMNS)
    return {
        one.name: draw_parameter(columns[place % COLUMNS], one, f"{notebook.name}:{one.name}", room=notebook.room)
        for place, one in enumerate(shown)
    }


def label_of(name: str, room: str) -> str:
    """What a parameter is called; a room may have a word of its own for a name that others use too."""
    return say_if_known("parameter", f"{room}_{name}", say_if_known("parameter", name, name.replace("_", " ")))


def draw_parameter(place: DeltaGenerator, parameter: Parameter, key: str, *, room: str = "") -> Value:
    """The widget of one parameter; its value."""
    label = label_of(parameter.name, room)
    if parameter.unit:
        label = f"{label} [{say_if_known('unit', parameter.unit, parameter.unit)}]"
    otherwise = say_if_known("parameter_help", parameter.name, parameter.help)
    help_text = say_if_known("parameter_help", f"{room}_{parameter.name}", otherwise)
    if parameter.choices:
        return str(
            choosing.one_of(
                place,
                label,
                parameter.choices,
                index=parameter.choices.index(str(parameter.default)),
                format_func=lambda choice: say_if_known("choice", choice, choice),
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
