"""One table in its one canonical form: contract columns, exact types, NFC text, rows in key order.

Belongs here: turning a data frame into the Arrow table that is hashed and written. Nothing is guessed: what does not
fit its type without loss is refused. Does not: hashing (``content``), files (``parquet``).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contracts import Contract, ContractError

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "float64": pa.float64(),
    "decimal(18,2)": pa.decimal128(18, 2),
    "decimal(18,6)": pa.decimal128(18, 6),
    "decimal(38,12)": pa.decimal128(38, 12),
}
"""Arrow type of each column type of the dictionary."""

CELL_END, ROW_END, NULL = "\x1f", "\x1e", "\x00"
"""Separators and the token of an empty cell; none of the three may stand in text, so no two tables share a hash."""


def canonical(table: pd.DataFrame, contract: Contract) -> pa.Table:
    """``table`` as Arrow: the contract's columns in order, without ``publication_id``, rows sorted on the key's tokens.

    Raises ContractError where the table breaks its contract or a cell does not fit its type without loss.
    """
    contract.check(table)
    arrays = []
    for column in contract.columns:
        try:
            arrays.append(_array(table[column.name], column.type))
        except (pa.ArrowException, TypeError, ValueError, ArithmeticError) as error:
            raise ContractError(
                f"{contract.table}: column {column.name} does not fit {column.type} without loss "
                f"({type(error).__name__}); convert it where the table is made"
            ) from error
    return sort_rows(pa.table(arrays, names=list(contract.names)), contract.keys)


def sort_rows(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Rows in the order of their key tokens as text (code points): the order of the hash and of the file."""
    tokens = pa.table({name: table[name].cast(pa.string()) for name in keys})
    order = pc.sort_indices(tokens, sort_keys=[(name, "ascending") for name in keys])
    return table.take(order).combine_chunks()


def _array(values: pd.Series, kind: str) -> pa.Array:
    if kind == "text":
        return _text(values)
    if kind.startswith("decimal"):
        return _decimal(values, ARROW_TYPES[kind])
    array = pa.array(values, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_null(array.type):
        return array.cast(ARROW_TYPES[kind])
    _refuse_foreign(array.type, kind)
    if kind == "date" and pa.types.is_timestamp(array.type):
        day = array.cast(pa.date32())
        if not day.cast(array.type).equals(array):
            raise ValueError("a time of day in a date")
        return day
    if kind == "float64":
        array = array.cast(pa.float64())
        if pc.any(pc.is_inf(array)).as_py():
            raise ValueError("an infinite number")
        return pc.add(array, 0.0)  # -0.0 becomes 0.0: equal numbers, equal token
    return array.cast(ARROW_TYPES[kind])  # safe: a fraction or an overflow raises


def _refuse_foreign(given: pa.DataType, kind: str) -> None:
    """A bool is no number, a number no bool or date, a text neither: Arrow would cast them silently."""
    number = pa.types.is_integer(given) or pa.types.is_floating(given)
    fits = {
        "bool": pa.types.is_boolean(given),
        "date": pa.types.is_date(given) or pa.types.is_timestamp(given),
    }.get(kind, number)
    if not fits:
        raise TypeError(f"{given} given for {kind}")


def _text(values: pd.Series) -> pa.Array:
    array = pa.array(values, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type) or pa.types.is_null(array.type)):
        raise TypeError(f"{array.type} given for text")
    array = pc.utf8_normalize(array.cast(pa.string()), form="NFC")
    if pc.any(pc.match_substring_regex(array, "[\\x00\\x1e\\x1f]")).as_py():
        raise ValueError("a control character that separates cells or rows")
    return array


def _decimal(values: pd.Series, kind: pa.Decimal128Type) -> pa.Array:
    """Integers and Decimals, exactly; a binary float is no sum of money."""
    if pd.api.types.is_float_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        if values.notna().any():
            raise TypeError("floats given for a decimal")
        return pa.nulls(len(values), kind)
    step = Decimal(1).scaleb(-kind.scale)
    numbers: list[Decimal | None] = []
    for value, empty in zip(values.tolist(), values.isna().tolist(), strict=True):
        if empty:
            numbers.append(None)
            continue
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise TypeError(f"{type(value).__name__} given for a decimal")
        number = Decimal(value)
        if -int(number.as_tuple().exponent) > kind.scale:  # trailing zeros may go, digits may not
            shorter = number.quantize(step)
            if shorter != number:
                raise ValueError("more decimals than the column holds")
            number = shorter
        numbers.append(number)
    return pa.array(numbers, type=kind)
