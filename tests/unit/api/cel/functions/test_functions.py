"""Each function of Kubernetes' libraries gives what the API documents for it."""

from typing import Any

import pytest

from pyk3s.api.cel.compiling import Budget, EvaluationError, compile


def value(source: str) -> Any:
    return compile(source, frozenset()).evaluate({}, Budget(10_000_000))


LISTS = [
    ("[1, 2, 2].isSorted() && !['b', 'a'].isSorted()", True),
    ("[1, 2, 3].sum()", 6),
    ("[1.5, 2.5].sum()", 4.0),
    ("[3, 1, 2].min()", 1),
    ("['b', 'c', 'a'].max()", "c"),
    ("[1, 2, 1].indexOf(1)", 0),
    ("[1, 2, 1].lastIndexOf(1)", 2),
    ("[1, 2].indexOf(5)", -1),
    ("[duration('1m'), duration('1h')].max() == duration('1h')", True),
]
SETS = [
    ("sets.contains([1, 2, 3], [3, 1])", True),
    ("sets.contains([1], [1, 2])", False),
    ("sets.intersects([1, 2], [2, 3])", True),
    ("sets.equivalent([1, 2, 2], [2, 1])", True),
    ("sets.contains([dyn(1)], [dyn(true)])", False),
]
STRINGS = [
    ("'tacocat'.charAt(3)", "o"),
    ("'tacocat'.indexOf('a') + 'tacocat'.indexOf('a', 2)", 6),
    ("'tacocat'.lastIndexOf('a')", 5),
    ("'tacocat'.lastIndexOf('a', 4)", 1),
    ("'tacocat'.substring(4) + 'tacocat'.substring(0, 4)", "cattaco"),
    ("'a b a'.replace('a', 'c')", "c b c"),
    ("'a b a'.replace('a', 'c', 1)", "c b a"),
    ("'a,b,c'.split(',')", ["a", "b", "c"]),
    ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
    ("'abc'.split('')", ["a", "b", "c"]),
    ("'a,b'.split(',', 0)", []),
    ("['a', 'b'].join()", "ab"),
    ("['a', 'b'].join('-')", "a-b"),
    ("'TacoÇ'.lowerAscii()", "tacoÇ"),
    ("'tacoç'.upperAscii()", "TACOç"),
    ("' \\ta \\n'.trim()", "a"),
    ("strings.quote('a\\n')", '"a\\n"'),
    ("'%s is %d, %.2f, %x, %b, %o'.format(['x', 3, 1.5, 255, 5, 8])", "x is 3, 1.50, ff, 101, 10"),
    ("'%s %s %s'.format([true, [1, 2], {'a': 'b'}])", "true [1, 2] {a: b}"),
    ("'100%%'.format([])", "100%"),
]
REGEX = [
    ("'abc 123'.find('[0-9]+')", "123"),
    ("'abc'.find('[0-9]+')", ""),
    ("'123 abc 456'.findAll('[0-9]+')", ["123", "456"]),
    ("'123 abc 456'.findAll('[0-9]+', 1)", ["123"]),
    ("'abc'.matches('^a.c$')", True),
]
URLS = [
    ("isURL('https://example.com/a') && !isURL('../relative') && !isURL('https://a:b/')", True),
    ("url('https://user@example.com:80/a b').getHost()", None),
    ("url('https://user@example.com:80/').getHost()", "example.com:80"),
    ("url('https://[::1]:80/').getHostname()", "::1"),
    ("url('https://example.com:80/').getPort()", "80"),
    ("url('https://example.com/').getPort()", ""),
    ("url('https://example.com/a%20b').getEscapedPath()", "/a%20b"),
    ("url('https://example.com/?k=a&k=b&l=').getQuery()", {"k": ["a", "b"], "l": [""]}),
    ("url('/path').getScheme() == ''", True),
]
NETWORKS = [
    ("isIP('10.0.0.1') && isIP('::1') && !isIP('10.0.0.01') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0')", True),
    ("ip('10.0.0.1').family() + ip('::1').family()", 10),
    ("ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')", True),
    ("ip('127.0.0.1').isLoopback() && ip('0.0.0.0').isUnspecified() && ip('224.0.0.1').isLinkLocalMulticast()", True),
    ("ip('169.254.1.1').isLinkLocalUnicast() && ip('10.1.1.1').isGlobalUnicast()", True),
    ("string(ip('2001:DB8::1'))", "2001:db8::1"),
    ("ip('::1') == ip('0:0:0:0:0:0:0:1')", True),
    ("isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0') && !isCIDR('10.0.0.0/255.0.0.0')", True),
    ("cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))", True),
    ("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))", True),
    ("string(cidr('10.1.2.3/8').masked()) + ' ' + string(cidr('10.1.2.3/8').ip())", "10.0.0.0/8 10.1.2.3"),
    ("cidr('10.0.0.0/8').prefixLength()", 8),
]
QUANTITIES = [
    ("isQuantity('1.5Gi') && !isQuantity('1.5Zz')", True),
    ("quantity('1000m') == quantity('1')", True),
    ("quantity('1').compareTo(quantity('2'))", -1),
    ("quantity('1Ki').isGreaterThan(quantity('1k')) && quantity('1').isLessThan(quantity('2'))", True),
    ("quantity('1').add(quantity('2')).sub(1).asInteger()", 2),
    ("quantity('-5').sign()", -1),
    ("quantity('500m').asApproximateFloat()", 0.5),
    ("quantity('500m').isInteger()", False),
]
VERSIONS = [
    ("isSemver('1.2.3') && !isSemver('1.2') && !isSemver('v1.2.3') && isSemver('v1.2', true)", True),
    ("semver('1.2.3-rc.1').isLessThan(semver('1.2.3'))", True),
    ("semver('1.10.0').isGreaterThan(semver('1.9.0'))", True),
    ("semver('1.0.0-2').compareTo(semver('1.0.0-10'))", -1),
    ("semver('1.2.3').major() * 100 + semver('1.2.3').minor() * 10 + semver('1.2.3').patch()", 123),
    ("semver('v01.2', true) == semver('1.2.0')", True),
]
FORMATS = [
    ("!format.dns1123Label().validate('my-label').hasValue()", True),
    ("format.dns1123Label().validate('My').hasValue()", True),
    ("format.dns1123Label().validate('My').value()[0].startsWith('a lowercase RFC 1123 label')", True),
    ("format.named('uuid').hasValue() && !format.named('nothing').hasValue()", True),
    ("!format.dns1123LabelPrefix().validate('web-').hasValue()", True),
    ("format.date().validate('2026-02-30').hasValue() && !format.date().validate('2026-02-28').hasValue()", True),
]
BASE64 = [("base64.encode(b'hello')", "aGVsbG8="), ("base64.decode('aGVsbG8')", b"hello")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [*LISTS, *SETS, *STRINGS, *REGEX, *URLS, *NETWORKS, *QUANTITIES, *VERSIONS, *FORMATS, *BASE64],
)
def test_a_function_gives_what_is_documented(source: str, expected: Any) -> None:
    if expected is None:
        with pytest.raises(EvaluationError):
            value(source)
    else:
        made = value(source)
        assert (type(made), made) == (type(expected), expected)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("[].map(x, 1).min()", "min called on empty list"),
        ("[9223372036854775807, 1].sum()", "integer overflow"),
        ("'abc'.charAt(5)", "index out of range: 5"),
        ("'abc'.substring(2, 1)", "invalid substring range. start: 2, end: 1"),
        ("'%d'.format([])", "index 0 out of range"),
        ("'%d'.format(['x'])", "error during formatting: only integers and floats can be formatted with %d"),
        ("'a'.find('(')", "error parsing regexp: missing ): ("),
        ("ip('nonsense')", 'IP Address "nonsense" parse error during conversion from string'),
        ("cidr('10.0.0.0')", "network address parse error during conversion from string"),
        ("quantity('x').sign()", "quantities must match the regular expression"),
        ("quantity('500m').asInteger()", "cannot convert value to integer"),
        ("semver('x').major()", 'semver parse error on "x"'),
        ("base64.decode('***')", "illegal base64 data"),
        ("url('::')", "URL parse error during conversion from string"),
    ],
)
def test_a_function_that_fails_says_why(source: str, told: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        value(source)
    assert str(caught.value).startswith(told)
