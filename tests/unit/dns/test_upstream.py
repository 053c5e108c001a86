"""Resolvers of the host and the replies that are kept."""

from dnslib import RR, A, DNSRecord

from pyk3s.dns import upstream


def test_resolvers_are_read_in_order_without_our_own_address():
    text = "search x\nnameserver 10.43.0.10\nnameserver 192.0.2.1\n# nameserver 192.0.2.9\nnameserver nonsense\n"
    assert upstream.name_servers(text + "nameserver 2001:db8::1\n", ["10.43.0.10"]) == ("192.0.2.1", "2001:db8::1")


def test_a_reply_is_kept_for_its_lifetime_and_at_most_half_a_minute():
    cache = upstream.Cache(10)
    cache.put(b"q", b"idreply", 0, 5)
    cache.put(b"long", b"idreply", 0, 3600)
    assert cache.get(b"q", 4.9) == b"reply"
    assert cache.get(b"q", 5) is None
    assert cache.get(b"long", 30) is None


def test_the_oldest_reply_goes_first():
    cache = upstream.Cache(2)
    for question in (b"1", b"2", b"3"):
        cache.put(question, b"idr", 0, 5)
    assert [cache.get(each, 1) for each in (b"1", b"2", b"3")] == [None, b"r", b"r"]


def test_only_an_answer_to_our_own_question_belongs():
    query = DNSRecord.question("example.org")
    reply = query.reply()
    reply.add_answer(RR("example.org", rdata=A("192.0.2.1")))
    asked = bytes(query.pack())
    assert upstream.belongs(bytes(reply.pack()), asked)
    assert not upstream.belongs(asked, asked)
    assert not upstream.belongs(b"xx" + bytes(reply.pack())[2:], asked)
    assert not upstream.belongs(bytes(DNSRecord.question("example.com").reply().pack()), asked)
