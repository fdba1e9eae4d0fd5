//! Values without a column, by their paths in the record.

use std::collections::BTreeMap;

use serde_json::Value;

/// Path of a value in a record, as a list of borrowed parts. It is converted to text only if the
/// value is kept.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    Record,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// Writes the path as in RFC 6901, but without the leading slash: `agents/0/new_field`.
    fn write(&self, text: &mut String) {
        match self {
            Self::Record => {}
            Self::Field(above, name) => {
                above.write_above(text);
                text.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Self::Item(above, at) => {
                above.write_above(text);
                text.push_str(&at.to_string());
            }
        }
    }

    fn write_above(&self, text: &mut String) {
        if !matches!(self, Self::Record) {
            self.write(text);
            text.push('/');
        }
    }
}

/// Values of one record without a column, by path.
#[derive(Default)]
pub(crate) struct ExtraFields(BTreeMap<String, Value>);

impl ExtraFields {
    pub(crate) fn keep(&mut self, path: &Path<'_>, value: Value) {
        let mut text = String::new();
        path.write(&mut text);
        self.0.insert(text, value);
    }

    /// Returns the values as the text of one JSON object. `None` without values.
    pub(crate) fn into_json(self) -> Option<String> {
        (!self.0.is_empty()).then(|| Value::Object(self.0.into_iter().collect()).to_string())
    }
}
