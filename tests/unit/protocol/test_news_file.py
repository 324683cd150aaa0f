"""A calendar of news out of CSV: what is read, and which line is named when it cannot be."""

from datetime import UTC, datetime

import pytest

from argos.core.errors import InputError
from argos.core.rule_set import NewsEvent
from argos.protocol.news_file import parse_news

AT = datetime(2026, 12, 4, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "currencies"),
    [
        ("at,title,currencies\n2026-12-04T13:30:00Z,Payrolls,USD\n", {"USD"}),
        ("At,Title,Currencies\n2026-12-04T14:30:00+01:00,Payrolls,usd; eur\n", {"USD", "EUR"}),
        ('title,at,currencies\nPayrolls,2026-12-04T13:30:00Z,"USD,EUR"\n', {"USD", "EUR"}),
        ("at,title,currencies,impact\n2026-12-04T13:30:00Z,Payrolls,,high\n", set()),
        ("\ufeffat,title\r\n2026-12-04T13:30:00Z,Payrolls\r\n", set()),
    ],
)
def test_an_event_is_read(text, currencies):
    assert parse_news(text) == (
        NewsEvent(at=AT, title="Payrolls", currencies=frozenset(currencies)),
    )


def test_a_file_without_events_has_none():
    assert parse_news("at,title\n") == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: it has no column at, title"),
        ("at,name\n", "line 1: it has no column title"),
        ("at,title\n2026-12-04 13:30,Payrolls\n", "line 2: at"),
        ("at,title\n,Payrolls\n", "line 2: at"),
        ("at,title\n2026-12-04T13:30:00Z,\n", "line 2: a title"),
        ("at,title\n2026-12-04T13:30:00Z\n", "line 2: a title"),
        (
            "at,title,currencies\n2026-12-04T13:30:00Z,A,USD\n2026-12-04T13:30:00Z,B,dollars\n",
            "line 3: 'DOLLARS' is no currency",
        ),
    ],
)
def test_what_cannot_be_read_names_its_line(text, says):
    with pytest.raises(InputError) as refused:
        parse_news(text)
    assert refused.value.code == "NEWS_FILE_INVALID"
    assert refused.value.message.startswith(says)
