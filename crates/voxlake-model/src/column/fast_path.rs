//! Fast path: usual values are parsed directly from the text into their columns.
//!
//! Most values have the type of their column, so no intermediate [`Value`] is built. `None` means
//! that a value is unusual. The record is then removed and decoded on the
//! [slow path](super::coerce), so no special case is handled twice.

use std::borrow::Cow;

use serde_json::Value;

use super::{Column, FieldNames, FilledColumns, ListColumn, StructColumn};
use crate::cursor::Cursor;
use crate::extra_fields::{ExtraFields, Path};
use crate::limits::MAX_LIST_ENTRIES;
use crate::time;

/// Prefix of keys that have a special meaning for `serde_json` at the start of an object.
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
    /// Appends a row if all its values are usual. Fields without a column go to `extra`. After
    /// `None`, the caller has to truncate the columns.
    pub(crate) fn append_fast(
        &mut self,
        json: &mut Cursor<'_>,
        path: &Path<'_>,
        extra: &mut ExtraFields,
    ) -> Option<()> {
        json.require(b'{')?;
        let mut filled = FilledColumns::default();
        if !json.skip(b'}') {
            let mut previous = None;
            loop {
                match self.names.read_field(json, previous)? {
                    NamedField::Column(at) => {
                        // Of duplicate fields the last one counts. The slow path handles that.
                        filled.insert(at)?;
                        let path = Path::Field(path, self.fields[at].name());
                        self.columns[at].append_fast(json, &path, extra)?;
                        previous = Some(at);
                    }
                    NamedField::Unknown(name) if name.starts_with(SERDE_JSON_PRIVATE) => return None,
                    NamedField::Unknown(name) => {
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

/// A field of a JSON object, by its name.
enum NamedField<'a> {
    /// Field of the column with this position.
    Column(usize),
    /// Field without a column, with its name.
    Unknown(Cow<'a, str>),
}

impl FieldNames {
    /// Reads the name of the next field and its colon. `previous` is the column of the last field
    /// with a column; `None` at the start of an object.
    fn read_field<'a>(&mut self, json: &mut Cursor<'a>, previous: Option<usize>) -> Option<NamedField<'a>> {
        json.peek();
        if let Some(column) = self.find_likely(previous, |name| json.skip_name(name)) {
            return Some(NamedField::Column(column));
        }
        let name = json.string()?;
        json.require(b':')?;
        Some(self.find(&name, previous).map_or(NamedField::Unknown(name), NamedField::Column))
    }
}
