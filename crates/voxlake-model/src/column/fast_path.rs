//! Fast path: usual values are parsed directly from the text into their columns.
//!
//! Most values have the type of their column. They need no [`Value`] in between. `None` means that
//! a value is unusual: the record is then removed and decoded on the [slow path](super::coerce), so
//! no special case is handled twice.

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
            let mut before = None;
            loop {
                match self.names.next(json, before)? {
                    Field::Column(at) => {
                        // Of duplicate fields the last one counts. The slow path handles that.
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
    /// Field of a column.
    Column(usize),
    Unknown(Cow<'a, str>),
}

impl FieldNames {
    /// Reads the name of the next field and its colon. `before` is the column of the field before
    /// it.
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
