"""Reading and writing by address. A numba array is some ten values, and a call that passes thirty arrays costs more
than the bar that it plays, in time and in compile time: the kernel passes one record of addresses instead.

Nothing here checks a bound. `binding.py` makes the record and holds the arrays while the kernel runs.
"""

from typing import Any

from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic as numba_intrinsic

from argos.backtest.binding import TABLE
from argos.backtest.layout import ACCOUNT, FILL, POSITION, RULES, TRADE

# Its stubs count the typing context among the arguments of a call.
intrinsic: Any = numba_intrinsic


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

LANES = 8
CHUNK = 64
"""Bars whose extremes are taken at once by `highest` and `lowest`."""


def _extreme(predicate, reduction):
    """Extreme of CHUNK float64 in a row, eight lanes at a time: numba's own loop over maxima stays scalar."""

    @intrinsic
    def extreme(typing_context, address, index):
        signature = types.float64(types.int64, types.int64)

        def generate(context, builder, signature, arguments):
            lanes = ir.VectorType(ir.DoubleType(), LANES)
            pointer = builder.inttoptr(arguments[0], ir.DoubleType().as_pointer())
            best = None
            for step in range(0, CHUNK, LANES):
                at = builder.add(arguments[1], ir.Constant(ir.IntType(64), step))
                place = builder.bitcast(builder.gep(pointer, [at]), lanes.as_pointer())
                value = builder.load(place, align=8)
                if best is None:
                    best = value
                else:
                    better = builder.fcmp_ordered(predicate, value, best)
                    best = builder.select(better, value, best)
            shape = ir.FunctionType(ir.DoubleType(), [lanes])
            name = f"llvm.vector.reduce.{reduction}.v{LANES}f64"
            reduce = cgutils.get_or_insert_function(builder.module, shape, name)
            return builder.call(reduce, [best])

        return signature, generate

    return extreme


def _marker(*, adds):
    """Equity of LANES bars at once, written beyond the last bar asked for; the products are not fused with the sums."""

    @intrinsic
    def mark(typing_context, equity, index, base, qty, close):
        signature = types.void(types.int64, types.int64, types.float64, types.float64, types.int64)

        def generate(context, builder, signature, arguments):
            lanes = ir.VectorType(ir.DoubleType(), LANES)

            def at(address):
                pointer = builder.inttoptr(address, ir.DoubleType().as_pointer())
                return builder.bitcast(builder.gep(pointer, [arguments[1]]), lanes.as_pointer())

            def spread(value):
                first = ir.Constant(ir.IntType(32), 0)
                single = builder.insert_element(ir.Constant(lanes, ir.Undefined), value, first)
                mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
                return builder.shuffle_vector(single, single, mask)

            target = at(arguments[0])
            below = builder.load(target, align=8) if adds else spread(arguments[2])
            worth = builder.fmul(spread(arguments[3]), builder.load(at(arguments[4]), align=8))
            builder.store(builder.fadd(below, worth), target, align=8)
            return context.get_dummy_value()

        return signature, generate

    return mark


mark_first = _marker(adds=False)
"""mark_first(equity, index, base, qty, close): equity[index + k] = base + qty * close[index + k] for LANES k."""
mark_more = _marker(adds=True)
"""mark_more(equity, index, base, qty, close): the same, added to the equity that is there; `base` is not looked at."""

highest = _extreme(">", "fmax")
"""highest(address, index): greatest of the CHUNK float64 from there on."""
lowest = _extreme("<", "fmin")


@intrinsic
def first_byte(typing_context, word):
    """Place of the lowest byte of `word` that is not 0; 8 if there is none."""
    signature = types.int64(types.int64)

    def generate(context, builder, signature, arguments):
        zeros = builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))
        return builder.lshr(zeros, ir.Constant(ir.IntType(64), 3))

    return signature, generate


@intrinsic
def bytes_from(typing_context, word, place):
    """The bytes of `word` from `place` (0 to 7) on, shifted to its low end."""
    signature = types.int64(types.int64, types.int64)

    def generate(context, builder, signature, arguments):
        return builder.lshr(arguments[0], builder.shl(arguments[1], ir.Constant(ir.IntType(64), 3)))

    return signature, generate


@intrinsic
def fetch_ahead(typing_context, address, index):
    """Asks the processor for the float64 there; it will be needed soon."""
    signature = types.void(types.int64, types.int64)

    def generate(context, builder, signature, arguments):
        number_type = ir.IntType(32)
        byte = ir.IntType(8).as_pointer()
        shape = ir.FunctionType(ir.VoidType(), [byte, number_type, number_type, number_type])
        function = cgutils.get_or_insert_function(builder.module, shape, "llvm.prefetch.p0")
        pointer = builder.inttoptr(arguments[0], ir.DoubleType().as_pointer())
        place = builder.bitcast(builder.gep(pointer, [arguments[1]]), byte)
        read, keep, data = (ir.Constant(number_type, value) for value in (0, 3, 1))
        builder.call(function, [place, read, keep, data])
        return context.get_dummy_value()

    return signature, generate


table_of = _record(TABLE)
rule_of = _record(RULES)
account_of = _record(ACCOUNT)
position_of = _record(POSITION)
trade_of = _record(TRADE)
fill_of = _record(FILL)
