"""Only addresses of the public internet count as public, however they are spelled."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from core.security.outbound.public_addresses import is_disguised, is_public

INSIDE = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "198.18.0.1"),
    *("192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
)
INSIDE_6 = (
    *(
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "fe80::1",
        "fe80::1%eth0",
    ),
    *("fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "2001::1", "2001:db8::1", "3fff::1", "5f00::1"),
    *(
        "2002:7f00:1::",
        "2002:808:808::",
        "2001:0:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
    ),
    *("2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1", "2606:4700::1111%1"),
)
PUBLIC = (
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
)


@pytest.mark.parametrize("address", INSIDE + INSIDE_6)
def test_when_an_address_lies_inside_or_is_special_then_it_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_when_anybody_can_reach_an_address_then_it_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_when_the_standard_library_calls_an_address_not_global_then_so_do_we() -> None:
    # One address of every /12 and of every 256th IPv6 block, so that no block of the registries is forgotten.
    steps = [ip_address((part << 20) + 1) for part in range(1 << 12)]
    steps += [ip_address((part << 120) + (part << 100) + 1) for part in range(1 << 8)]

    assert [one for one in steps if is_public(one) and not one.is_global] == []


@pytest.mark.parametrize(
    "host", ["2130706433", "017700000001", "0x7f000001", "127.1", "0177.0.0.1", "0x7f.0.0.1", "127.0.0.1."]
)
def test_when_a_number_stands_for_an_address_then_it_is_a_disguise(host: str) -> None:
    assert is_disguised(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "example.org", "1password.com", "3.example"])
def test_when_a_host_is_a_name_or_a_plain_address_then_it_is_no_disguise(host: str) -> None:
    assert not is_disguised(host)


@pytest.mark.parametrize("host", ["0X7F000001", "0X7f.1", "127.0.0.0X1"])
def test_when_a_disguise_is_written_in_capitals_then_it_is_still_one(host: str) -> None:
    assert is_disguised(host)
