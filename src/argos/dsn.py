"""Where a PostgreSQL is and who we are there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote, urlsplit

from argos.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Dsn:
    """A PostgreSQL address. `str()` gives the URL, password included; `repr()` leaves it out."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    def __str__(self) -> str:
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(self.database, safe='')}"

    def for_database(self, database: str) -> "Dsn":
        """The same login in another database of the same server."""
        return replace(self, database=database)

    def for_role(self, user: str, *, password: str) -> "Dsn":
        """Another login in the same database."""
        return replace(self, user=user, password=password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The database and the passwords of Argos's roles in it."""

    dsn: Dsn
    passwords: Mapping[str, str] = field(repr=False)

    def as_role(self, role: str) -> Dsn:
        return self.dsn.for_role(role, password=self.passwords[role])


def parse_dsn(url: str) -> Dsn:
    """The address in a `postgresql://user:password@host:port/database` URL; InputError otherwise."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.hostname or not parts.username:
        raise InputError(
            "the database address is not a PostgreSQL URL",
            code="DATABASE_URL_INVALID",
            field="ARGOS_DATABASE_URL",
            fix="postgresql://user:password@host:5432/argos",
        )
    return Dsn(
        host=parts.hostname,
        port=parts.port or 5432,
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.lstrip("/")) or "argos",
    )
