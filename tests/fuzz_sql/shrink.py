"""Shrinks a statement while it keeps a property, such as two engines answering it differently.

Every node of the tree offers smaller replacements; the first one that keeps the property is taken, until
none does. A replacement may be no valid SQL: then the property does not hold and it is passed over.
"""

from dataclasses import fields, is_dataclass, replace

import literals
from sql_types import BOOLEAN, SqlType
from syntax import (
    Aggregate,
    Call,
    Column,
    Derived,
    Exists,
    Form,
    Grouping,
    InQuery,
    Join,
    Literal,
    ScalarQuery,
    Select,
    SetOperation,
    Table,
    Window,
    With,
)

MAX_TESTS = 500
CONSTANT_COUNT = 2


def shrink(statement, holds, max_tests=MAX_TESTS):
    """Returns the smallest statement found for which `holds` is true; it is for `statement`."""
    tests = 0
    seen = {statement}
    is_smaller = True
    while is_smaller and tests < max_tests:
        is_smaller = False
        for candidate in variants(statement):
            if candidate in seen:
                continue
            seen.add(candidate)
            tests += 1
            if holds(candidate):
                statement, is_smaller = candidate, True
                break
            if tests >= max_tests:
                break
    return statement


def variants(node):
    """Yields the tree with one node cut, the largest cuts first."""
    if is_summary(node):
        if node.condition is not None:
            yield replace(node, condition=None)
            for variant in variants(node.condition):
                yield replace(node, condition=variant)
        return
    yield from cuts(node)
    for field in fields(node):
        if field.name == "order" and isinstance(node, (Aggregate, Window)):
            # Rows in another order would have another answer.
            continue
        value = getattr(node, field.name)
        if is_node(value):
            for variant in variants(value):
                yield replace(node, **{field.name: variant})
        elif isinstance(value, tuple):
            for place, entry in enumerate(value):
                if is_node(entry):
                    for variant in variants(entry):
                        yield replace(node, **{field.name: (*value[:place], variant, *value[place + 1 :])})


def is_summary(node):
    """Whether a node sums up a summary function, of whose rows nothing but sums is determined."""
    return isinstance(node, Select) and isinstance(node.source, Table) and bool(node.source.call)


def is_node(value):
    """Whether a value is a node of the tree that may be cut."""
    return is_dataclass(value) and not isinstance(value, (SqlType, Form, Literal))


def cuts(node):
    """Yields smaller replacements of one node."""
    match node:
        case Select():
            yield from cuts_of_select(node)
        case SetOperation():
            yield from cuts_of_set_operation(node)
        case With(tables=tables, body=body):
            yield body
            if len(tables) > 1:
                yield from (replace(node, tables=rest) for rest in without_one(tables))
        case Join():
            yield from cuts_of_join(node)
        case Derived(query=Select(source=source)) if getattr(source, "alias", None) and not is_summary(node.query):
            yield replace(source, alias=node.alias)
        case Call():
            yield from (arg for arg in node.args if arg.type == node.type)
            yield from constants(node.type)
        case Aggregate():
            if node.condition is not None:
                yield replace(node, condition=None)
            if node.is_distinct:
                yield replace(node, is_distinct=False)
        case Window():
            yield from cuts_of_window(node)
        case Exists() | InQuery() | ScalarQuery() | Column():
            yield from constants(node.type)
        case Grouping(exprs=exprs) if len(exprs) > 1 and node.kind != "SETS":
            yield from (replace(node, exprs=rest) for rest in without_one(exprs))
        case Grouping(sets=sets) if len(sets) > 1:
            yield from (replace(node, sets=rest) for rest in without_one(sets))


def constants(kind):
    """Yields constants that may stand for an expression."""
    if kind == BOOLEAN:
        yield from literals.COMMON[BOOLEAN]
    elif kind in literals.COMMON:
        yield from literals.COMMON[kind][:CONSTANT_COUNT]


def without_one(entries):
    """Yields the tuple without each of its entries in turn."""
    for place in range(len(entries)):
        yield (*entries[:place], *entries[place + 1 :])


def cuts_of_select(node):
    """Yields what a SELECT may be without."""
    if isinstance(node.source, Derived) and not is_summary(node.source.query):
        yield node.source.query
    for name in ("condition", "having", "qualify", "grouping"):
        if getattr(node, name) is not None:
            yield replace(node, **{name: None})
    if node.limit is not None or node.offset is not None:
        yield replace(node, order=(), limit=None, offset=None)
        yield replace(node, limit=None)
        yield replace(node, offset=None)
    if node.is_distinct:
        yield replace(node, is_distinct=False)
    if node.distinct_on:
        yield replace(node, distinct_on=())
        yield from (replace(node, distinct_on=rest) for rest in without_one(node.distinct_on))
    if node.order:
        yield replace(node, order=())
        yield from (replace(node, order=rest) for rest in without_one(node.order))
    if len(node.items) > 1:
        yield from (without_item(node, place) for place in range(len(node.items)))
    if node.limit is not None and node.limit > 1:
        yield replace(node, limit=node.limit // 2)


def without_item(node, place):
    """A SELECT without an output and the sort keys that name it."""
    name = node.items[place].name
    items = (*node.items[:place], *node.items[place + 1 :])
    return replace(node, items=items, order=tuple(key for key in node.order if not is_named(key.expr, name)))


def is_named(expr, name):
    """Whether an expression is the output column of this name."""
    return isinstance(expr, Column) and expr.relation is None and expr.name == name


def cuts_of_set_operation(node):
    """Yields either side, and the operation over fewer columns."""
    yield node.left
    yield node.right
    if node.order:
        yield replace(node, order=(), limit=None, offset=None)
    if node.offset is not None:
        yield replace(node, offset=None)
    count = columns_of(node)
    if count > 1:
        yield from (without_column(node, place) for place in range(count))


def columns_of(query):
    """How many outputs a query has."""
    return (
        len(query.items)
        if isinstance(query, Select)
        else columns_of(query.left)
        if isinstance(query, SetOperation)
        else 0
    )


def without_column(query, place):
    """A query without one of its outputs."""
    if isinstance(query, Select):
        return without_item(query, place)
    if isinstance(query, SetOperation):
        left, right = without_column(query.left, place), without_column(query.right, place)
        first = query
        while isinstance(first, SetOperation):
            first = first.left
        name = first.items[place].name if isinstance(first, Select) else ""
        order = tuple(key for key in query.order if not is_named(key.expr, name))
        return replace(query, left=left, right=right, order=order)
    return query


def cuts_of_join(node):
    """Yields either side, fewer names, and parts of the condition."""
    yield node.left
    yield node.right
    if len(node.using) > 1:
        yield from (replace(node, using=rest) for rest in without_one(node.using))
    if isinstance(node.condition, Call) and node.condition.form.name in ("and", "or"):
        yield from (replace(node, condition=arg) for arg in node.condition.args)
    if isinstance(node.left, Join):
        yield replace(node, left=node.left.left)
        yield replace(node, left=node.left.right)
    if isinstance(node.right, Join):
        yield replace(node, right=node.right.left)
        yield replace(node, right=node.right.right)


def cuts_of_window(node):
    """Yields what a window may be without."""
    if node.condition is not None:
        yield replace(node, condition=None)
    if node.respect:
        yield replace(node, respect="")
    if node.frame is not None:
        yield replace(node, frame=None)
    yield from (replace(node, partition=rest) for rest in without_one(node.partition))
    yield from (arg for arg in node.args if arg.type == node.type)
    yield from constants(node.type)
