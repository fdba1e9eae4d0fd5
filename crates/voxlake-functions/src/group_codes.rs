//! `group_code(texts…)` and `group_text(code)`: groups by texts as groups by numbers.
//!
//! To group by text is to hash and compare the text of each call. Where texts come as codes of a dictionary, one
//! look at the dictionary tells which number each of its texts, or pair of texts, has among all the groups of a
//! question, and a call costs the reading of a table. Both functions are made for one question, by the rule
//! `coded_groups`, and share its numbers; they are not registered.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, StringBuilder, UInt32Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, FieldRef, Int32Type, UInt32Type};
use datafusion::common::cast::as_string_array;
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use voxlake_model::sync;

use crate::dictionary::coded_text;

/// Groups told apart by a table over the dictionaries of a batch; beyond, a call costs a lookup by hash.
const TABLE: usize = 4096;
/// Dictionaries whose texts are remembered for each column: one for each thread that reads.
const DICTIONARIES: usize = 16;

/// The numbers of one question's groups.
#[derive(Debug)]
pub struct Groups {
    known: Mutex<Known>,
}

impl Groups {
    /// Groups by `columns` texts.
    pub fn by(columns: usize) -> Arc<Self> {
        let known = Known {
            texts: (0..columns).map(|_| Texts::default()).collect(),
            groups: Vec::new(),
            numbers: HashMap::new(),
        };
        Arc::new(Self { known: Mutex::new(known) })
    }

    /// `group_code(texts…)`: the number of the group of each row, never null.
    pub fn code(self: &Arc<Self>, texts: Vec<Expr>) -> Expr {
        let signature = Signature::any(texts.len(), Volatility::Immutable);
        ScalarUDF::from(GroupCode { groups: Arc::clone(self), signature }).call(texts)
    }

    /// `group_text(code)`: the text that a group has in place `place` of those it was made of, as `field` names it.
    pub fn text(self: &Arc<Self>, code: Expr, place: usize, field: FieldRef) -> Expr {
        let signature = Signature::exact(vec![DataType::UInt32], Volatility::Immutable);
        let function = GroupText { groups: Arc::clone(self), place, field, signature };
        ScalarUDF::from(function).call(vec![code])
    }

    // What a thread that panicked left is numbers without gaps, and whole.
    fn known(&self) -> MutexGuard<'_, Known> {
        sync::lock(&self.known)
    }
}

#[derive(Debug)]
struct Known {
    texts: Vec<Texts>,
    /// The texts of each group, by their numbers in `texts`.
    groups: Vec<Box<[u32]>>,
    numbers: HashMap<Box<[u32]>, u32>,
}

impl Known {
    /// The numbers of the texts of each column's dictionary, and last that of no text.
    fn dictionaries(&mut self, columns: &[DictionaryArray<Int32Type>]) -> Result<Vec<Arc<[u32]>>> {
        self.texts.iter_mut().zip(columns).map(|(texts, column)| texts.numbers(column.values())).collect()
    }

    fn group(&mut self, texts: &[u32]) -> Result<u32> {
        if let Some(number) = self.numbers.get(texts) {
            return Ok(*number);
        }
        let number = next(self.groups.len())?;
        self.groups.push(texts.into());
        self.numbers.insert(texts.into(), number);
        Ok(number)
    }
}

/// The texts of one column, numbered as they come.
#[derive(Debug, Default)]
struct Texts {
    texts: Vec<Option<Box<str>>>,
    numbers: HashMap<Option<Box<str>>, u32>,
    dictionaries: Vec<(ArrayRef, Arc<[u32]>)>,
}

impl Texts {
    fn number(&mut self, text: Option<&str>) -> Result<u32> {
        let text = text.map(Box::from);
        if let Some(number) = self.numbers.get(&text) {
            return Ok(*number);
        }
        let number = next(self.texts.len())?;
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        Ok(number)
    }

    /// The numbers of a dictionary's texts, and last that of no text.
    fn numbers(&mut self, dictionary: &ArrayRef) -> Result<Arc<[u32]>> {
        let same = |known: &ArrayRef| known.to_data().ptr_eq(&dictionary.to_data());
        if let Some((_, numbers)) = self.dictionaries.iter().find(|(known, _)| same(known)) {
            return Ok(Arc::clone(numbers));
        }
        let texts = as_string_array(dictionary)?;
        let numbers = texts.iter().chain([None]).map(|text| self.number(text));
        let numbers = numbers.collect::<Result<Arc<[u32]>>>()?;
        if self.dictionaries.len() == DICTIONARIES {
            self.dictionaries.remove(0);
        }
        self.dictionaries.push((Arc::clone(dictionary), Arc::clone(&numbers)));
        Ok(numbers)
    }
}

fn next(len: usize) -> Result<u32> {
    u32::try_from(len).map_err(|_| exec_datafusion_err!("a question has more than {} groups", u32::MAX))
}

/// `group_code(texts…) -> integer`
#[derive(Debug)]
struct GroupCode {
    groups: Arc<Groups>,
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
            let texts = cast(&texts.into_array(rows)?, &coded_text())?;
            Ok(texts.as_dictionary::<Int32Type>().clone())
        });
        let codes = codes(&self.groups, &columns.collect::<Result<Vec<_>>>()?, rows)?;
        Ok(ColumnarValue::Array(Arc::new(UInt32Array::from(codes))))
    }
}

/// The group of each of `rows` rows whose texts are in `columns`.
fn codes(groups: &Groups, columns: &[DictionaryArray<Int32Type>], rows: usize) -> Result<Vec<u32>> {
    let numbers = groups.known().dictionaries(columns)?;
    let size = numbers.iter().try_fold(1_usize, |size, numbers| size.checked_mul(numbers.len()));
    let Some(size) = size.filter(|size| *size <= TABLE.max(rows)) else {
        return looked_up(&mut groups.known(), columns, &numbers, rows);
    };
    let places = places(columns, &numbers, rows);
    let mut seen = vec![false; size];
    for place in &places {
        seen[*place as usize] = true;
    }
    let mut table = vec![0; size];
    let mut group = vec![0; columns.len()];
    // Nothing that is done for each row is done while other threads wait.
    let mut known = groups.known();
    for (place, number) in table.iter_mut().enumerate().filter(|(place, _)| seen[*place]) {
        let mut rest = place;
        for (text, numbers) in group.iter_mut().zip(&numbers).rev() {
            *text = numbers[rest % numbers.len()];
            rest /= numbers.len();
        }
        *number = known.group(&group)?;
    }
    drop(known);
    Ok(places.into_iter().map(|place| table[place as usize]).collect())
}

/// Where each row's group stands in a table of all that the dictionaries can make.
fn places(columns: &[DictionaryArray<Int32Type>], numbers: &[Arc<[u32]>], rows: usize) -> Vec<u32> {
    let mut places = vec![0_u32; rows];
    for (column, numbers) in columns.iter().zip(numbers) {
        // A table has no more places than can be counted so.
        let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let (none, keys) = (count - 1, column.keys());
        match keys.nulls() {
            None => {
                for (place, key) in places.iter_mut().zip(keys.values()) {
                    *place = *place * count + u32::try_from(*key).unwrap_or(none);
                }
            }
            Some(_) => {
                for (place, key) in places.iter_mut().zip(keys) {
                    *place = *place * count + key.and_then(|key| u32::try_from(key).ok()).unwrap_or(none);
                }
            }
        }
    }
    places
}

/// The groups of rows where such a table would be too long.
fn looked_up(
    known: &mut Known,
    columns: &[DictionaryArray<Int32Type>],
    numbers: &[Arc<[u32]>],
    rows: usize,
) -> Result<Vec<u32>> {
    let mut group = vec![0; columns.len()];
    (0..rows)
        .map(|row| {
            for ((text, column), numbers) in group.iter_mut().zip(columns).zip(numbers) {
                *text = numbers[column.key(row).unwrap_or(numbers.len() - 1)];
            }
            known.group(&group)
        })
        .collect()
}

/// `group_text(integer) -> text`
#[derive(Debug)]
struct GroupText {
    groups: Arc<Groups>,
    place: usize,
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
        let known = self.groups.known();
        let mut texts = StringBuilder::new();
        for code in codes.as_primitive::<UInt32Type>() {
            let group = code.and_then(|code| known.groups.get(code as usize));
            let text = group.and_then(|group| known.texts[self.place].texts.get(group[self.place] as usize));
            texts.append_option(text.and_then(Option::as_deref));
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish())))
    }
}

// One of a question is no other's: what it says depends on the groups that it was made for.

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
        self.place == other.place && Arc::ptr_eq(&self.groups, &other.groups)
    }
}

impl Eq for GroupText {}

impl Hash for GroupText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place.hash(state);
        Arc::as_ptr(&self.groups).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringArray;
    use proptest::prelude::*;

    use super::*;

    fn column(texts: &[Option<&str>]) -> DictionaryArray<Int32Type> {
        texts.iter().copied().collect()
    }

    fn texts(groups: &Arc<Groups>, place: usize, codes: Vec<u32>) -> Vec<Option<String>> {
        let known = groups.known();
        let text =
            |code: u32| known.texts[place].texts[known.groups[code as usize][place] as usize].as_deref();
        codes.into_iter().map(|code| text(code).map(str::to_owned)).collect()
    }

    #[test]
    fn a_dictionary_whose_texts_repeat_or_are_null_makes_one_group_of_each() {
        let values: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("a")]));
        let keys = [Some(0), Some(1), None, Some(2)].into_iter().collect();
        let column = DictionaryArray::<Int32Type>::try_new(keys, values).unwrap();
        let groups = Groups::by(1);
        assert_eq!(codes(&groups, &[column], 4).unwrap(), [0, 1, 1, 0]);
    }

    proptest! {
        /// Whatever comes in whatever batches: equal rows have equal codes, others have others, and each code
        /// tells its texts.
        #[test]
        fn codes_stand_for_texts(
            batches in prop::collection::vec(
                prop::collection::vec((prop::option::of("[a-d]{0,2}"), prop::option::of("[a-d]{0,4}")), 0..200),
                0..8,
            ),
        ) {
            let groups = Groups::by(2);
            for batch in batches {
                let one: Vec<_> = batch.iter().map(|row| row.0.as_deref()).collect();
                let other: Vec<_> = batch.iter().map(|row| row.1.as_deref()).collect();
                let columns = [column(&one), column(&other)];
                let codes = codes(&groups, &columns, batch.len()).unwrap();
                for (place, wanted) in [one, other].into_iter().enumerate() {
                    let told = texts(&groups, place, codes.clone());
                    prop_assert_eq!(told.iter().map(Option::as_deref).collect::<Vec<_>>(), wanted);
                }
                let known = groups.known();
                prop_assert_eq!(known.numbers.len(), known.groups.len());
            }
        }
    }
}
