"""Where a PostgreSQL is and who we are there."""

from dataclasses import dataclass, field, replace
from urllib.parse import quote


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
