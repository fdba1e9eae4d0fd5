//! The usual values, straight from their text into their columns.
//!
//! Most values are of the type that their column has. They are taken here without a [`Value`] in
//! between. `None` means that something else stands there: then the record is taken back and given
//! to the [slow way](super::coerce). So nothing is decided here that is decided there.

use std::borrow::Cow;

use serde_json::Value;

use super::{Column, FieldNames, FilledColumns, ListColumn, StructColumn};
use crate::cursor::Cursor;
use crate::extra_fields::{ExtraFields, Path};
use crate::limits::MAX_LIST_ENTRIES;
use crate::time;

/// What `serde_json` gives a meaning of its own where it is the first key of an object.
const SERDE_JSON_PRIVATE: &str = "$serde_json::private::";

impl Column {
    fn append_fast(&mut self, json: &mut Cursor<'_>, path: &Path<'_>, extra: &mut ExtraFields) -> Option<()> {
        if json.peek() == Some(b'n') {
            self.append_null();
            return json.skip_text(b"null").then_some(());
        }
        match self {
            Self::Text(column) => column.append(Some(&json.string()?)),
            Self::Integer(column) => column.append(Some(json.integer()?)),
            Self::Flag(column) => column.append(Some(json.flag()?)),
            Self::Instant(column, _) => column.append(Some(time::parse(&json.string()?)?.timestamp_millis())),
            Self::Money(_) => return None,
            Self::List(column) => column.append_fast(json, path, extra)?,
            Self::Struct(column) => column.append_fast(json, path, extra)?,
        }
        Some(())
    }
}

impl ListColumn {
    fn append_fast(&mut self, json: &mut Cursor<'_>, path: &Path<'_>, extra: &mut ExtraFields) -> Option<()> {
        json.require(b'[')?;
        if !json.skip(b']') {
            let mut at = 0;
            loop {
                self.values.append_fast(json, &Path::Item(path, at), extra)?;
                at += 1;
                if at > MAX_LIST_ENTRIES {
                    return None;
                }
                if !json.skip(b',') {
                    json.require(b']')?;
                    break;
                }
            }
        }
        self.end_row(true);
        Some(())
    }
}

impl StructColumn {
    /// Appends one row, if all of its values are usual. What the object holds beyond the struct's
    /// fields goes to `extra`. Where it is `None`, what was appended has to be taken back.
    pub(crate) fn append_fast(
        &mut self,
        json: &mut Cursor<'_>,
        path: &Path<'_>,
        extra: &mut ExtraFields,
    ) -> Option<()> {
        json.require(b'{')?;
        let mut filled = FilledColumns::default();
        if !json.skip(b'}') {
            let mut before = None;
            loop {
                match self.names.next(json, before)? {
                    Field::Column(at) => {
                        // A field that comes twice counts as it came last, which is hard to take back here.
                        filled.insert(at)?;
                        let path = Path::Field(path, self.fields[at].name());
                        self.columns[at].append_fast(json, &path, extra)?;
                        before = Some(at);
                    }
                    Field::Unknown(name) if name.starts_with(SERDE_JSON_PRIVATE) => return None,
                    Field::Unknown(name) => {
                        extra.keep(&Path::Field(path, &name), json.shallow_value::<Value>()?);
                    }
                }
                if !json.skip(b',') {
                    json.require(b'}')?;
                    break;
                }
            }
        }
        self.end_row(filled, true);
        Some(())
    }
}

enum Field<'a> {
    /// A column's own.
    Column(usize),
    Unknown(Cow<'a, str>),
}

impl FieldNames {
    /// Takes the name of a field, which follows that of the column `before`, and its colon.
    fn next<'a>(&mut self, json: &mut Cursor<'a>, before: Option<usize>) -> Option<Field<'a>> {
        json.peek();
        if let Some(column) = self.find_likely(before, |name| json.skip_name(name)) {
            return Some(Field::Column(column));
        }
        let name = json.string()?;
        json.require(b':')?;
        Some(self.find(&name, before).map_or(Field::Unknown(name), Field::Column))
    }
}
