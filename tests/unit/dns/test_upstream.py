"""Whom else to ask and what to remember."""

from dnslib import DNSRecord

from pyk3s.dns import upstream


def test_resolvers_come_in_order_each_once_and_never_ourselves():
    servers = ("10.43.0.10", "192.0.2.1", "192.0.2.2", "192.0.2.1", "")
    text = "# a\nsearch x\n" + "".join(f"nameserver {each}\n" for each in servers)
    assert upstream.name_servers(text, ["10.43.0.10"]) == ("192.0.2.1", "192.0.2.2")


def test_words_that_are_no_address_are_passed_over():
    assert upstream.name_servers("nameserver bogus\nnameserver fe80::1%eth0", []) == ("fe80::1%eth0",)


def test_a_reply_is_remembered_until_its_time_is_over():
    cache = upstream.Cache(10)
    cache.put(b"q", b"IDreply", now=100, ttl_s=5)
    assert (cache.get(b"q", 104), cache.get(b"q", 105)) == (b"reply", None)


def test_no_reply_is_remembered_for_longer_than_half_a_minute():
    cache = upstream.Cache(10)
    cache.put(b"q", b"IDreply", now=0, ttl_s=86400)
    assert cache.get(b"q", 31) is None


def test_the_cache_is_bounded():
    cache = upstream.Cache(2)
    for name in (b"a", b"b", b"c"):
        cache.put(name, b"IDx", now=0, ttl_s=5)
    assert [cache.get(name, 1) for name in (b"a", b"b", b"c")] == [None, b"x", b"x"]


def test_only_the_answer_to_our_question_is_taken():
    query = DNSRecord.question("example.org")
    right = query.reply().pack()
    other = DNSRecord.question("evil.org")
    other.header.id = query.header.id
    assert upstream.belongs(right, query.pack())
    assert not upstream.belongs(other.reply().pack(), query.pack())
    assert not upstream.belongs(query.pack(), query.pack())
    assert not upstream.belongs(b"", query.pack())
