//! Checks of fetched records against the filter.
//!
//! A server may ignore an unknown parameter. All fields of a record are optional, so a missing
//! field matches any condition.

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StructArray};
use voxlake_lake::counted;
use voxlake_model::schema::VOICE_CALL_DETAILS;

use super::conditions::CallFilter;
use super::parameter::FilterParameter;
use crate::FetchError;

/// Returns the paths of the record fields that a parameter selects. Paths continue in the entries
/// of lists.
const fn fields(parameter: FilterParameter) -> &'static [&'static [&'static str]] {
    match parameter {
        FilterParameter::Types => &[&["types"], &[VOICE_CALL_DETAILS, "type"]],
        FilterParameter::SubTypes => &[&["sub_types"]],
        FilterParameter::Distribution => &[&["distributions"], &[VOICE_CALL_DETAILS, "distribution"]],
        FilterParameter::Direction => &[&["direction"]],
        FilterParameter::ConsumerNumber => &[&["consumer_number"]],
        FilterParameter::EngagementId => &[&["engagement_id"]],
        FilterParameter::UserIds => &[&["agents", "user_id"], &[VOICE_CALL_DETAILS, "agents", "user_id"]],
        FilterParameter::QueueIds => &[&["queues", "queue_id"]],
        FilterParameter::CcQueueIds => {
            &[&["queues", "cc_queue_id"], &[VOICE_CALL_DETAILS, "queue", "cc_queue_id"]]
        }
        FilterParameter::NumberTypes => &[
            &["caller_number_type"],
            &["callee_number_type"],
            &[VOICE_CALL_DETAILS, "caller_number_type"],
            &[VOICE_CALL_DETAILS, "callee_number_type"],
        ],
        FilterParameter::TeamIds => &[&["agents", "team_ids"], &[VOICE_CALL_DETAILS, "agents", "team_ids"]],
        FilterParameter::TeamNames => {
            &[&["agents", "team_names"], &[VOICE_CALL_DETAILS, "agents", "team_names"]]
        }
        // Records have names of countries, and regions that may be names or ids.
        FilterParameter::CountryIsoCodes | FilterParameter::RegionIds | FilterParameter::RegionNames => &[],
    }
}

impl FilterParameter {
    /// Returns whether records contain the field of the parameter.
    pub(crate) const fn is_in_records(self) -> bool {
        !fields(self).is_empty()
    }
}

impl CallFilter {
    /// Checks that calls match the conditions, as far as their records show it.
    ///
    /// # Errors
    /// [`FetchError::FilterIgnored`] with the first parameter that a call does not match.
    pub(crate) fn check_records(&self, calls: &RecordBatch) -> Result<(), FetchError> {
        match self.first_mismatch(calls) {
            None => Ok(()),
            Some((parameter, mismatches)) => {
                let records = counted(calls.num_rows() as u64, "record", "records");
                let verb = if mismatches == 1 { "does" } else { "do" };
                let reason = format!("{mismatches} of {records} {verb} not match it");
                Err(FetchError::FilterIgnored { parameter, reason })
            }
        }
    }

    /// Returns the first parameter that a call does not match, with the number of such calls.
    pub(crate) fn first_mismatch(&self, calls: &RecordBatch) -> Option<(FilterParameter, usize)> {
        self.values.keys().find_map(|parameter| {
            let mismatches =
                (0..calls.num_rows()).filter(|row| !self.may_match(*parameter, calls, *row)).count();
            (mismatches > 0).then_some((*parameter, mismatches))
        })
    }

    fn may_match(&self, parameter: FilterParameter, calls: &RecordBatch, row: usize) -> bool {
        let mut found = FieldValues::default();
        for (at, path) in fields(parameter).iter().enumerate() {
            let [column, rest @ ..] = path else { continue };
            let Some(column) = calls.column_by_name(column) else { continue };
            found.collect(column, row, rest);
            let own_list = column.as_list_opt::<i32>().filter(|list| at == 0 && !list.is_null(row));
            found.is_empty_list |= own_list.is_some_and(|list| list.value_length(row) == 0);
        }
        let wanted = |value: &str| self.values(parameter).any(|wanted| is_equal(parameter, wanted, value));
        let is_without = found.values.is_empty() && found.is_empty_list;
        match (found.values.is_empty(), is_without) {
            (false, _) => found.values.iter().any(|value| wanted(value)),
            (true, true) => {
                let lists_queues =
                    matches!(parameter, FilterParameter::QueueIds | FilterParameter::CcQueueIds);
                lists_queues && wanted(FilterParameter::NO_QUEUE)
            }
            (true, false) => true,
        }
    }
}

impl CallFilter {
    /// Redacts the consumer number, which is personal data, from a text of the server.
    pub(crate) fn redact_number(&self, text: &str) -> String {
        self.values(FilterParameter::ConsumerNumber).fold(text.to_owned(), |text, number| {
            let encoded: String = url::form_urlencoded::byte_serialize(number.as_bytes()).collect();
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            [number, &encoded, &digits]
                .into_iter()
                .filter(|form| form.len() > 3)
                .fold(text, |text, form| text.replace(form, "[redacted]"))
        })
    }
}

/// Compares phone numbers by their digits only.
fn is_equal(parameter: FilterParameter, wanted: &str, value: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    wanted == value
        || parameter == FilterParameter::ConsumerNumber
            && !digits(wanted).is_empty()
            && digits(wanted) == digits(value)
}

/// Values of the fields of a record.
#[derive(Default)]
struct FieldValues {
    values: Vec<String>,
    /// Set if the record has the list, without entries.
    is_empty_list: bool,
}

impl FieldValues {
    fn collect(&mut self, array: &ArrayRef, row: usize, path: &[&str]) {
        if array.is_null(row) {
            return;
        }
        if let Some(texts) = array.as_string_opt::<i32>() {
            self.values.push(texts.value(row).to_owned());
        } else if let Some(list) = array.as_list_opt::<i32>() {
            let entries = list.value(row);
            for entry in 0..entries.len() {
                self.collect(&entries, entry, path);
            }
        } else if let (Some(fields), [name, rest @ ..]) = (array.as_struct_opt(), path) {
            self.collect_field(fields, row, name, rest);
        }
    }

    fn collect_field(&mut self, fields: &StructArray, row: usize, name: &str, rest: &[&str]) {
        if let Some(field) = fields.column_by_name(name) {
            self.collect(field, row, rest);
        }
    }
}
