//! The functions of [`TextGroups`].

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, StringBuilder, UInt32Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, FieldRef, Int32Type, UInt32Type};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{TextGroups, group_ids};
use crate::dictionary::dictionary_text;

/// One of the functions of [`TextGroups`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextGroupFunction {
    /// `group_code`: the group id of texts.
    Code,
    /// `group_text`: the text of a group.
    Text {
        /// Place of the text among those of the group.
        index: usize,
        /// Name and comments of the result.
        field: FieldRef,
    },
}

impl TextGroupFunction {
    /// Builds the function for `groups`.
    #[must_use]
    pub fn of(&self, groups: &Arc<TextGroups>) -> ScalarUDF {
        let groups = Arc::clone(groups);
        match self {
            Self::Code => {
                let signature = Signature::any(groups.columns(), Volatility::Immutable);
                ScalarUDF::from(GroupCode { groups, signature })
            }
            Self::Text { index, field } => {
                let signature = Signature::exact(vec![DataType::UInt32], Volatility::Immutable);
                let field = Arc::clone(field);
                ScalarUDF::from(GroupText { groups, index: *index, field, signature })
            }
        }
    }

    /// Returns which function of which groups `function` is; `None` for other functions.
    #[must_use]
    pub fn find(function: &ScalarUDF) -> Option<(Self, &Arc<TextGroups>)> {
        if let Some(code) = function.inner().downcast_ref::<GroupCode>() {
            return Some((Self::Code, &code.groups));
        }
        let text = function.inner().downcast_ref::<GroupText>()?;
        Some((Self::Text { index: text.index, field: Arc::clone(&text.field) }, &text.groups))
    }
}

/// `group_code(texts…) -> integer`
#[derive(Debug)]
struct GroupCode {
    groups: Arc<TextGroups>,
    signature: Signature,
}

impl ScalarUDFImpl for GroupCode {
    fn name(&self) -> &'static str {
        "group_code"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns = args.args.into_iter().map(|texts| {
            let texts = cast(&texts.into_array(rows)?, &dictionary_text())?;
            Ok(texts.as_dictionary::<Int32Type>().clone())
        });
        let ids = group_ids(&self.groups, &columns.collect::<Result<Vec<_>>>()?, rows)?;
        Ok(ColumnarValue::Array(Arc::new(UInt32Array::from(ids))))
    }
}

/// `group_text(integer) -> text`
#[derive(Debug)]
struct GroupText {
    groups: Arc<TextGroups>,
    index: usize,
    field: FieldRef,
    signature: Signature,
}

impl ScalarUDFImpl for GroupText {
    fn name(&self) -> &'static str {
        "group_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::clone(&self.field))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let codes = args.args.first().map(|codes| codes.to_array(args.number_rows)).transpose()?;
        let Some(codes) = codes else { return exec_err!("group_text takes a code") };
        let state = self.groups.state();
        let mut texts = StringBuilder::new();
        for code in codes.as_primitive::<UInt32Type>() {
            let Some(code) = code else {
                texts.append_null();
                continue;
            };
            let group = state.groups.key(code);
            let text = group.and_then(|group| state.texts[self.index].ids.key(group[self.index]));
            let text = text.ok_or_else(|| exec_datafusion_err!("unknown group {code}"))?;
            texts.append_option(text.as_deref());
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish())))
    }
}

// Functions of different queries are never equal: their results depend on the groups of the query.

impl PartialEq for GroupCode {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.groups, &other.groups)
    }
}

impl Eq for GroupCode {}

impl Hash for GroupCode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.groups).hash(state);
    }
}

impl PartialEq for GroupText {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && Arc::ptr_eq(&self.groups, &other.groups)
    }
}

impl Eq for GroupText {}

impl Hash for GroupText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.index.hash(state);
        Arc::as_ptr(&self.groups).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::Field;
    use datafusion::common::config::ConfigOptions;
    use datafusion::logical_expr::ColumnarValue::Array as Values;

    use super::*;

    fn texts(groups: &Arc<TextGroups>, ids: Vec<Option<u32>>) -> Result<Vec<Option<String>>> {
        let field = Arc::new(Field::new("direction", DataType::Utf8, true));
        let function = TextGroupFunction::Text { index: 0, field: Arc::clone(&field) }.of(groups);
        let args = ScalarFunctionArgs {
            number_rows: ids.len(),
            args: vec![Values(Arc::new(UInt32Array::from(ids)))],
            arg_fields: vec![Arc::new(Field::new("id", DataType::UInt32, true))],
            return_field: field,
            config_options: Arc::new(ConfigOptions::default()),
        };
        let found = function.invoke_with_args(args)?.to_array(0)?;
        Ok(found.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
    }

    /// Ids of other groups would otherwise look like missing texts.
    #[test]
    fn unknown_ids_are_errors() {
        let groups = TextGroups::new(1);
        let column = [Some("inbound"), None].into_iter().collect();
        assert_eq!(group_ids(&groups, &[column], 2).unwrap(), [0, 1]);
        let found = texts(&groups, vec![Some(1), None, Some(0)]).unwrap();
        assert_eq!(found, [None, None, Some("inbound".to_owned())]);
        let error = texts(&groups, vec![Some(2)]).unwrap_err().to_string();
        assert!(error.contains("unknown group 2"), "{error}");
    }
}
