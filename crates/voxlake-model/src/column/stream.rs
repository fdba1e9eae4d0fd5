//! The usual values, straight from the parser into their columns.
//!
//! Most values are of the type that their column has. They are taken here without a [`Value`] in between,
//! and anything else is an error, upon which the record is taken back and [given to the slow
//! way](super::fit): so nothing has to be decided here that is decided there.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Column, FlagColumn, ListColumn, Names, Numbers, StructColumn, TextColumn};
use crate::leftovers::{Leftovers, Path};
use crate::time;

/// What `serde_json` gives a meaning of its own when it is the first key of an object.
const PRIVATE: &str = "$serde_json::private::";

/// A column that takes one value, if it is a usual one. What is appended upon an error has to be taken back.
pub(crate) struct Usual<'a, C> {
    column: &'a mut C,
    path: Path<'a>,
    leftovers: &'a mut Leftovers,
}

impl<'a> Usual<'a, StructColumn> {
    /// The columns of a record, whose unknown fields go to `leftovers`.
    pub(crate) fn record(column: &'a mut StructColumn, leftovers: &'a mut Leftovers) -> Self {
        Self { column, path: Path::Record, leftovers }
    }
}

macro_rules! expecting {
    ($what:literal) => {
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str($what)
        }
    };
}

impl<'de> DeserializeSeed<'de> for Usual<'_, Column> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Usual<'_, Column> {
    type Value = ();
    expecting!("a value of the column's type, or null");

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.column.append_null();
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        let Self { column, path, leftovers } = self;
        match column {
            Column::Text(column) => json.deserialize_str(Text(column)),
            Column::Integer(column) => json.deserialize_i64(Integer(column)),
            Column::Flag(column) => json.deserialize_bool(Flag(column)),
            Column::Instant(column, _) => json.deserialize_str(Instant(column)),
            Column::Money(_) => Err(D::Error::custom("no column for JSON")),
            Column::List(column) => json.deserialize_seq(Usual { column: column.as_mut(), path, leftovers }),
            Column::Struct(column) => json.deserialize_map(Usual { column, path, leftovers }),
        }
    }
}

struct Text<'a>(&'a mut TextColumn);

impl Visitor<'_> for Text<'_> {
    type Value = ();
    expecting!("a string");

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.append(Some(text));
        Ok(())
    }
}

struct Instant<'a>(&'a mut Numbers<i64>);

impl Visitor<'_> for Instant<'_> {
    type Value = ();
    expecting!("a time");

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let instant = time::parse(text).ok_or_else(|| E::custom("no time"))?;
        self.0.append(Some(instant.timestamp_millis()));
        Ok(())
    }
}

struct Integer<'a>(&'a mut Numbers<i64>);

impl Visitor<'_> for Integer<'_> {
    type Value = ();
    expecting!("a whole number");

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.0.append(Some(number));
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_i64(i64::try_from(number).map_err(E::custom)?)
    }
}

struct Flag<'a>(&'a mut FlagColumn);

impl Visitor<'_> for Flag<'_> {
    type Value = ();
    expecting!("true or false");

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.0.append(Some(flag));
        Ok(())
    }
}

impl<'de> Visitor<'de> for Usual<'_, ListColumn> {
    type Value = ();
    expecting!("a list");

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { column, path, leftovers } = self;
        let mut at = 0;
        loop {
            let path = Path::Item(&path, at);
            let item = Usual { column: &mut column.values, path, leftovers: &mut *leftovers };
            if items.next_element_seed(item)?.is_none() {
                break;
            }
            at += 1;
        }
        column.end_row(true);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Usual<'_, StructColumn> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Usual<'_, StructColumn> {
    type Value = ();
    expecting!("an object");

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { column: row, path, leftovers } = self;
        let rows = row.len();
        let mut before = None;
        while let Some(field) = object.next_key_seed(FieldName { names: &mut row.names, before })? {
            match field {
                Field::Of(at) => {
                    let column = &mut row.columns[at];
                    if column.len() > rows {
                        return Err(A::Error::custom("a field twice"));
                    }
                    let path = Path::Field(&path, row.names.of(at));
                    object.next_value_seed(Usual { column, path, leftovers: &mut *leftovers })?;
                    before = Some(at);
                }
                Field::Unknown(name) if name.starts_with(PRIVATE) => {
                    return Err(A::Error::custom("a key of the parser's own"));
                }
                Field::Unknown(name) => {
                    leftovers.keep(&Path::Field(&path, &name), object.next_value::<Value>()?);
                }
            }
        }
        row.end_row(true);
        Ok(())
    }
}

/// The name of an object's field, and what it is for the struct.
struct FieldName<'a> {
    names: &'a mut Names,
    before: Option<usize>,
}

enum Field {
    /// A column's own.
    Of(usize),
    Unknown(String),
}

impl<'de> DeserializeSeed<'de> for FieldName<'_> {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Field, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName<'_> {
    type Value = Field;
    expecting!("a field's name");

    fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
        Ok(self.names.find(name, self.before).map_or_else(|| Field::Unknown(name.to_owned()), Field::Of))
    }
}
