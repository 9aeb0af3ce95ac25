"""Which network addresses belong to the public internet, and which host names are addresses in disguise.

The blocks are those of the IANA special-purpose registries, plus multicast and what embeds another address.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

NOT_PUBLIC_4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; metadata of some clouds
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # looks public, yet answers only inside one cloud, as its metadata
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; metadata of some clouds
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
PUBLIC_6 = IPv6Network("2000::/3")  # the only block that is handed out; all else is local, multicast or reserved
NOT_PUBLIC_6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments; Teredo, which carries an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",  # documentation
    )
)
NAT64 = IPv6Network("64:ff9b::/96")  # how a network without IPv4 reaches the IPv4 internet
ISATAP = (0x00005EFE, 0x02005EFE)  # third quarter of an address that carries an IPv4 address in the fourth


def is_public(address: Address) -> bool:
    """Whether `address` is one that anybody on the internet can reach.

    An IPv6 address that stands for an IPv4 one (mapped, NAT64) is judged as that one.
    """
    if isinstance(address, IPv4Address):
        return not any(address in block for block in NOT_PUBLIC_4)
    if address.scope_id is not None:
        return False
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        return False
    return address in PUBLIC_6 and not any(address in block for block in NOT_PUBLIC_6)


def is_disguised(host: str) -> bool:
    """Whether `host` is a number that some resolvers take for an address: 2130706433, 0177.0.0.1, 0x7f.1, 127.1.

    Such spellings are refused, because each resolver reads them in its own way.
    """
    last = host.rstrip(".").rpartition(".")[2].lower()
    if not (last.isdigit() or last.startswith("0x")):
        return False
    try:
        ip_address(host)
    except ValueError:
        return True
    return False
