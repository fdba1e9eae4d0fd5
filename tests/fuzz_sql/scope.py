"""Scopes: the columns that an expression may use, and what is known of the rows."""

from dataclasses import dataclass, field

from syntax import Column


@dataclass
class Scope:
    """Columns in scope.

    `leaves` are expressions to build on: columns, or group keys and aggregates after grouping. `key`
    are columns that order rows up to identical ones; None where there are none such. `samples` has
    literals for some leaves. `is_unique` says whether no two rows are identical. `names` are those of all columns of the relations, `leaves` or not. `rows`
    estimates the number of rows, `is_unique` says that no two of them are identical. `outer` is the scope around a correlated subquery.
    """

    leaves: list
    key: list | None
    rows: int
    samples: dict = field(default_factory=dict)
    names: tuple = ()
    is_unique: bool = True
    outer: "Scope | None" = None

    def of_type(self, kind):
        """The leaves of a type."""
        return [leaf for leaf in self.leaves if leaf.type == kind]

    def without_key(self, leaves=None):
        """The same rows, for expressions that take neither subqueries nor outer columns."""
        return Scope(self.leaves if leaves is None else leaves, None, self.rows, self.samples, self.names, self.is_unique)

    def joined(self, other, rows, merged=()):
        """The scope of a join. Columns named in `merged` become one; other unqualified ones that have become
        ambiguous are dropped."""
        columns = []
        for name in merged:
            found = next(leaf for leaf in self.leaves if leaf.name == name)
            columns.append(Column(found.type, None, name))

        def kept(leaves, beside):
            return [leaf for leaf in leaves if leaf.name not in merged and (leaf.relation or leaf.name not in beside)]

        left, right = kept(self.leaves, other.names), kept(other.leaves, self.names)
        key = None
        if self.key is not None and other.key is not None:
            key = [*columns, *(leaf for leaf in (*self.key, *other.key) if leaf.name not in merged)]
            if not all(leaf in columns or leaf in left or leaf in right for leaf in key):
                key = None
        samples = {**other.samples, **self.samples}
        for column in columns:
            samples[column] = next((self.samples.get(leaf, ()) for leaf in self.leaves if leaf.name == column.name), ())
        names = (*(name for name in self.names if name not in merged), *other.names)
        return Scope([*columns, *left, *right], key, rows, samples, names, self.is_unique and other.is_unique)
