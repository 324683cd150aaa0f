"""Which symbols' tick values contradict their contract sizes and the exchange rates, per account."""

from collections.abc import Iterable, Iterator

from argos.core.account import AccountSnapshot
from argos.core.decision import number_text
from argos.reconcile.discrepancy_codes import Discrepancy, DiscrepancyCode
from argos.risk.tick_values import tick_value


def tick_value_discrepancies(snapshots: Iterable[AccountSnapshot]) -> Iterator[Discrepancy]:
    """One for each symbol of each account whose figures are apart; `expected` is the formula's."""
    for snapshot in snapshots:
        for symbol, instrument in snapshot.instruments.items():
            value = tick_value(instrument, snapshot)
            if not value.differs or value.formula is None:
                continue
            yield Discrepancy(
                code=DiscrepancyCode.TICK_VALUE_DIFFERS,
                account=snapshot.account,
                trade_id=None,
                order_id=None,
                expected={
                    "symbol": symbol,
                    "unit_value": number_text(value.formula),
                    "contract_size": number_text(instrument.contract_size),
                    "currencies": f"{instrument.quote_currency} to {snapshot.currency}",
                },
                observed={"unit_value": number_text(value.told)},
                key=f"{DiscrepancyCode.TICK_VALUE_DIFFERS}:{snapshot.account}:{symbol}",
            )
