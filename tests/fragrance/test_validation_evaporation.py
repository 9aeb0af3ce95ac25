"""The evaporating film: closed forms, a solver of differential equations beside it, and what must hold for any film."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.special import lambertw

from core.fragrance.products import Product
from core.fragrance.validation.doses import Dose
from core.fragrance.validation.evaporation import (
    AIR_SPEED,
    film_of,
    fractions,
    hours_shown,
    left,
    transfer_coefficients,
)
from core.fragrance.validation.volatility import (
    heat_of_vaporisation,
    pressure_at_room,
    pressure_from_boiling_point,
    pressure_on_skin,
)
from tests.fragrance.validation_examples import CATALOGUE, material

films = st.lists(
    st.tuples(st.floats(1e-8, 0.1), st.one_of(st.just(0.0), st.floats(1e-9, 10.0))), min_size=1, max_size=12
).map(np.array)


def test_when_a_film_is_one_pure_material_then_it_dries_linearly() -> None:
    hours = np.linspace(0.0, 0.95, 20)

    kept = left(np.array([1.0]), np.array([1.0]), 1e-9, hours)[0]

    assert kept == pytest.approx(1.0 - hours, abs=1e-6)
    assert left(np.array([1.0]), np.array([1.0]), 1e-9, np.array([1.1]))[0, 0] == pytest.approx(0.0, abs=1e-12)


def test_when_one_material_lies_on_lipids_then_it_follows_the_closed_form() -> None:
    """n + L ln n falls linearly, so that n is L times Lambert's W."""
    moles, rate, lipids, hours = 0.02, 0.013, 0.004, np.geomspace(0.01, 4.0, 30)

    kept = left(np.array([moles]), np.array([rate]), lipids, hours)[0]

    closed = lipids * lambertw(moles / lipids * np.exp((moles - rate * hours) / lipids)).real
    assert kept == pytest.approx(closed, rel=1e-9)


def test_when_much_of_the_film_stays_then_a_trace_falls_exponentially() -> None:
    hours = np.linspace(0.0, 3.0, 7)

    kept = left(np.array([1e-9, 1.0]), np.array([2.0, 0.0]), 1e-12, hours)

    assert kept[0] == pytest.approx(1e-9 * np.exp(-2.0 * hours), rel=1e-6)
    assert kept[1] == pytest.approx(np.ones(7))


def test_when_a_solver_steps_through_the_equations_then_it_finds_the_same() -> None:
    moles, rates, lipids = np.array([4e-3, 3e-3, 5e-3, 2e-3]), np.array([0.08, 0.01, 4e-4, 1e-5]), 1.1e-3
    hours = np.array([0.05, 0.3, 1.0, 4.0, 12.0, 24.0])

    def fall(_: float, amounts: np.ndarray) -> np.ndarray:
        return -rates * amounts / (lipids + amounts.sum())

    stepped = solve_ivp(fall, (0.0, 24.0), moles, method="LSODA", t_eval=hours, rtol=1e-9, atol=1e-14).y

    assert left(moles, rates, lipids, hours) == pytest.approx(stepped, rel=1e-5, abs=1e-11)


def test_when_times_lie_twice_as_close_then_the_amounts_stay_the_same() -> None:
    moles, rates = np.array([4e-3, 3e-3, 5e-3]), np.array([0.08, 0.01, 4e-4])
    hours = hours_shown()
    closer = np.sort(np.concatenate([hours, (hours[1:] + hours[:-1]) / 2]))

    at_hours = left(moles, rates, 1.1e-3, closer)[:, ::2]

    assert at_hours == pytest.approx(left(moles, rates, 1.1e-3, hours), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(films)
def test_when_any_film_evaporates_then_no_amount_grows_or_is_negative(film: np.ndarray) -> None:
    kept = left(film[:, 0], film[:, 1], 1.1e-3, hours_shown())

    assert np.all(kept >= 0.0)
    assert np.all(np.diff(kept, axis=1) <= 1e-12 * film[:, :1])
    assert kept[:, 0] == pytest.approx(film[:, 0])
    assert np.all(fractions(kept, 1.1e-3).sum(axis=0) < 1.0)


@settings(max_examples=40, deadline=None)
@given(films)
def test_when_any_film_evaporates_then_time_is_met(film: np.ndarray) -> None:
    """What left by a time, material by material, has to have taken that time: t = L u + sum (n(0) - n) / r."""
    moles, rates = np.append(film[:, 0], 1e-6), np.append(film[:, 1], 1e-6)  # the last one shows how far u has come
    hours = hours_shown()[1:]

    kept = left(moles, rates, 1.1e-3, hours)

    own_time = -np.log(kept[-1] / moles[-1]) / rates[-1]
    gone = np.array([
        -np.expm1(-rate * own_time) / rate * amount if rate else amount * own_time
        for amount, rate in zip(moles, rates, strict=True)
    ])  # fmt: skip
    assert 1.1e-3 * own_time + gone.sum(axis=0) == pytest.approx(hours, rel=1e-4)


def test_when_a_material_is_more_volatile_then_it_is_gone_sooner() -> None:
    kept = left(np.full(3, 1e-3), np.array([0.1, 0.01, 0.001]), 1e-3, hours_shown())

    assert np.all(kept[0, 1:] < kept[1, 1:])
    assert np.all(kept[1, 1:] < kept[2, 1:])


def test_when_a_product_holds_more_concentrate_then_more_lies_on_the_skin() -> None:
    doses = [Dose("peel", CATALOGUE.get("peel"), "top", 100.0)]

    weak, _ = film_of(doses, Product("4", 5.0))
    strong, _ = film_of(doses, Product("4", 20.0))

    assert weak == pytest.approx([20.0 * 0.05 / 180.0])
    assert strong == pytest.approx(4 * weak)


def test_when_the_mass_transfer_is_worked_out_then_it_is_that_of_mackay_and_matsugu() -> None:
    by_hand = 0.0292 * AIR_SPEED**0.78 * 0.1**-0.11 * (1.6e-5 / (1.55e-4 * 150.0**-0.65)) ** -0.67

    assert transfer_coefficients(np.array([150.0, 300.0]))[0] == pytest.approx(by_hand)
    assert 0.5 < by_hand < 10.0  # m/h, as over any surface in a room
    assert np.diff(transfer_coefficients(np.array([150.0, 300.0]))) < 0


def test_when_a_boiling_point_is_known_then_the_pressure_of_a_terpene_is_met_within_a_third() -> None:
    """Limonene boils at 176 °C and has about 200 Pa at 25 °C."""
    assert pressure_from_boiling_point(176.0) == pytest.approx(200.0, rel=1 / 3)
    assert pressure_at_room(CATALOGUE.get("boiler")) == pressure_from_boiling_point(176.0)


@settings(max_examples=40, deadline=None)
@given(st.floats(-50.0, 500.0), st.floats(1.0, 100.0))
def test_when_something_boils_higher_then_its_estimated_pressure_is_lower(boiling: float, more: float) -> None:
    assert pressure_from_boiling_point(boiling + more) <= pressure_from_boiling_point(boiling) <= 101_325.0


def test_when_skin_is_warmer_than_the_room_then_pressure_rises_by_clausius_and_clapeyron() -> None:
    """Limonene takes about 49.6 kJ/mol to evaporate."""
    assert heat_of_vaporisation(200.0) == pytest.approx(49_600, rel=0.02)
    rise = np.exp(heat_of_vaporisation(200.0) / 8.314 * (1 / 298.15 - 1 / 305.15))
    assert pressure_on_skin(200.0) == pytest.approx(200.0 * rise)
    assert pressure_on_skin(0.0) == 0.0


def test_when_neither_pressure_nor_boiling_point_is_known_then_nothing_is_made_up() -> None:
    assert pressure_at_room(material("secret", "base", None)) is None
