"""Reading and writing by address. A numba array is some ten values, and a call that passes thirty arrays costs more
than the bar that it plays, in time and in compile time: the kernel passes one record of addresses instead.

Nothing here checks a bound. `binding.py` makes the record and holds the arrays while the kernel runs.
"""

from llvmlite import ir
from numba import from_dtype, types
from numba.extending import intrinsic

from argos.backtest.layout import ACCOUNT, FILL, POSITION, RULES, TRADE


def _loader(numba_type, llvm_type, *, widen=False):
    @intrinsic
    def load(typing_context, address, index):
        signature = numba_type(types.int64, types.int64)

        def generate(context, builder, signature, arguments):
            pointer = builder.inttoptr(arguments[0], llvm_type.as_pointer())
            value = builder.load(builder.gep(pointer, [arguments[1]]))
            return builder.sext(value, ir.IntType(64)) if widen else value

        return signature, generate

    return load


def _storer(numba_type, llvm_type):
    @intrinsic
    def store(typing_context, address, index, value):
        signature = types.void(types.int64, types.int64, numba_type)

        def generate(context, builder, signature, arguments):
            pointer = builder.inttoptr(arguments[0], llvm_type.as_pointer())
            builder.store(arguments[2], builder.gep(pointer, [arguments[1]]))
            return context.get_dummy_value()

        return signature, generate

    return store


def _record(dtype):
    record_type = from_dtype(dtype)
    size = dtype.itemsize

    @intrinsic
    def record(typing_context, address, index):
        signature = record_type(types.int64, types.int64)

        def generate(context, builder, signature, arguments):
            offset = builder.mul(arguments[1], ir.Constant(ir.IntType(64), size))
            place = builder.add(arguments[0], offset)
            return builder.inttoptr(place, context.get_value_type(record_type))

        return signature, generate

    return record


number = _loader(types.float64, ir.DoubleType())
"""number(address, index): the float64 there."""
whole = _loader(types.int64, ir.IntType(64))
"""whole(address, index): the int64 there."""
code = _loader(types.int64, ir.IntType(8), widen=True)
"""code(address, index): the int8 there, as int64."""
put = _storer(types.float64, ir.DoubleType())
"""put(address, index, value): writes a float64."""

rule_of = _record(RULES)
account_of = _record(ACCOUNT)
position_of = _record(POSITION)
trade_of = _record(TRADE)
fill_of = _record(FILL)
