//! Functions as data, so that another process can rebuild those of a plan.
//!
//! A plan refers to a function by name. Some functions have a state beyond their name: the fields
//! of visits that a plan uses, the classes that a user configured. Sent by name alone they would
//! compute something else.
//!
//! # Example
//!
//! ```
//! use datafusion::logical_expr::ScalarUDF;
//! use voxlake_functions::{ResultClasses, portable};
//!
//! let classes = [("completed".to_owned(), "answered".to_owned())].into();
//! let function = ScalarUDF::from(ResultClasses::new(classes));
//! let state = portable::scalar_state(&function);
//! let rebuilt = state.and_then(|state| portable::scalar_with_state("result_class", &state));
//! assert_eq!(rebuilt, Some(function));
//! ```

use std::collections::BTreeMap;

use datafusion::arrow::datatypes::Fields;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use serde::{Deserialize, Serialize};
use voxlake_model::CurrencySymbols;

use crate::agent_visits::AgentVisits;
use crate::cached_date_part::cached_functions;
use crate::concurrency::Concurrency;
use crate::exact_percentiles::ExactPercentiles;
use crate::flow_visits::FlowVisits;
use crate::name_uses::{AgentNameUses, FlowNameUses, QueueNameUses, TeamNameUses};
use crate::price::Price;
use crate::queue_visits::QueueVisits;
use crate::result_class::ResultClasses;
use crate::team_visits::TeamVisits;
use crate::visits::{VisitExtractor, Visits};
use crate::{is_text, list_where};

/// State of a function beyond its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FunctionState {
    /// Names of the fields of visits that a plan uses.
    VisitFields(Vec<String>),
    /// Classes by `result` value.
    ResultClasses(BTreeMap<String, String>),
    /// ISO 4217 codes by currency symbol.
    CurrencySymbols(BTreeMap<String, String>),
    /// Fractions of percentiles, as the bits of floating-point numbers.
    Fractions(Vec<u64>),
    /// Intervals of a concurrency.
    Intervals {
        /// Length in minutes.
        minutes: i64,
        /// IANA time zone.
        zone: String,
    },
}

/// Returns the scalar functions of this crate that are rebuilt by name alone. Besides
/// [`scalar_functions`](crate::scalar_functions) without currency symbols, these are the functions
/// that optimizer rules place in plans.
#[must_use]
pub fn stateless_scalars() -> Vec<ScalarUDF> {
    let mut functions = crate::scalar_functions(&CurrencySymbols::default());
    functions.extend(cached_functions());
    functions.extend([list_where::function(), is_text::function()]);
    functions
}

/// Returns the state of a scalar function; `None` for functions without one.
#[must_use]
pub fn scalar_state(function: &ScalarUDF) -> Option<FunctionState> {
    if let Some(classes) = function.inner().downcast_ref::<ResultClasses>() {
        return Some(FunctionState::ResultClasses(classes.class_of().clone()));
    }
    if let Some(price) = function.inner().downcast_ref::<Price>() {
        return Some(FunctionState::CurrencySymbols(price.symbols().codes()));
    }
    let fields = visit_fields::<QueueVisits>(function)
        .or_else(|| visit_fields::<AgentVisits>(function))
        .or_else(|| visit_fields::<TeamVisits>(function))
        .or_else(|| visit_fields::<FlowVisits>(function))
        .or_else(|| visit_fields::<QueueNameUses>(function))
        .or_else(|| visit_fields::<AgentNameUses>(function))
        .or_else(|| visit_fields::<TeamNameUses>(function))
        .or_else(|| visit_fields::<FlowNameUses>(function))?;
    Some(FunctionState::VisitFields(fields.iter().map(|field| field.name().clone()).collect()))
}

/// Rebuilds the scalar function `name` with `state`. Returns `None` if this crate has no such
/// function or the state does not fit it.
#[must_use]
pub fn scalar_with_state(name: &str, state: &FunctionState) -> Option<ScalarUDF> {
    match state {
        FunctionState::ResultClasses(classes) => {
            let function = ScalarUDF::from(ResultClasses::new(classes.clone()));
            (function.name() == name).then_some(function)
        }
        FunctionState::CurrencySymbols(codes) => {
            let function = ScalarUDF::from(Price::new(CurrencySymbols::try_new(codes).ok()?));
            (function.name() == name).then_some(function)
        }
        FunctionState::VisitFields(fields) => visits::<QueueVisits>(name, fields)
            .or_else(|| visits::<AgentVisits>(name, fields))
            .or_else(|| visits::<TeamVisits>(name, fields))
            .or_else(|| visits::<FlowVisits>(name, fields))
            .or_else(|| visits::<QueueNameUses>(name, fields))
            .or_else(|| visits::<AgentNameUses>(name, fields))
            .or_else(|| visits::<TeamNameUses>(name, fields))
            .or_else(|| visits::<FlowNameUses>(name, fields)),
        FunctionState::Fractions(_) | FunctionState::Intervals { .. } => None,
    }
}

/// Returns the state of an aggregate function; `None` for functions without one.
#[must_use]
pub fn aggregate_state(function: &AggregateUDF) -> Option<FunctionState> {
    if let Some(percentiles) = function.inner().downcast_ref::<ExactPercentiles>() {
        return percentiles.fraction_bits().map(FunctionState::Fractions);
    }
    let concurrency = function.inner().downcast_ref::<Concurrency>()?;
    let (minutes, zone) = concurrency.intervals()?.clone();
    Some(FunctionState::Intervals { minutes, zone })
}

/// Rebuilds the aggregate function `name` with `state`. Returns `None` if this crate has no such
/// function or the state does not fit it.
#[must_use]
pub fn aggregate_with_state(name: &str, state: &FunctionState) -> Option<AggregateUDF> {
    match state {
        FunctionState::Fractions(fractions) => [
            ExactPercentiles::of_values(),
            ExactPercentiles::of_counts(),
            ExactPercentiles::decimals_of_counts(),
        ]
        .into_iter()
        .map(|kind| AggregateUDF::from(kind.with_fraction_bits(fractions)))
        .find(|function| function.name() == name),
        FunctionState::Intervals { minutes, zone } => {
            let function = AggregateUDF::from(Concurrency::new(Some((*minutes, zone.clone()))));
            (function.name() == name).then_some(function)
        }
        FunctionState::VisitFields(_)
        | FunctionState::ResultClasses(_)
        | FunctionState::CurrencySymbols(_) => None,
    }
}

fn visit_fields<W: VisitExtractor>(function: &ScalarUDF) -> Option<&Fields> {
    Some(&function.inner().downcast_ref::<Visits<W>>()?.wanted)
}

fn visits<W: VisitExtractor>(name: &str, fields: &[String]) -> Option<ScalarUDF> {
    if name != W::NAME {
        return None;
    }
    let all = W::fields();
    let field = |name: &String| all.iter().find(|field| field.name() == name).cloned();
    Some(ScalarUDF::from(Visits::<W>::with_fields(fields.iter().map(field).collect::<Option<Fields>>()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowed_visits_are_rebuilt() {
        let all = QueueVisits::fields();
        let narrowed = ScalarUDF::from(Visits::<QueueVisits>::with_fields(Fields::from(vec![
            all[2].clone(),
            all[0].clone(),
        ])));
        let whole = ScalarUDF::from(Visits::<QueueVisits>::default());
        assert_ne!(narrowed, whole);
        for function in [narrowed, whole] {
            let state = scalar_state(&function).unwrap();
            assert_eq!(scalar_with_state(function.name(), &state), Some(function));
        }
        let unknown = FunctionState::VisitFields(vec!["no_such_field".to_owned()]);
        assert_eq!(scalar_with_state("queue_visits", &unknown), None);
        assert_eq!(scalar_with_state("no_such_function", &unknown), None);
    }

    #[test]
    fn every_function_is_rebuilt() {
        let symbols = CurrencySymbols::try_new(&[("kr".to_owned(), "SEK".to_owned())].into()).unwrap();
        for function in crate::scalar_functions(&symbols) {
            let rebuilt = match scalar_state(&function) {
                Some(state) => scalar_with_state(function.name(), &state),
                None => stateless_scalars().into_iter().find(|known| *known == function),
            };
            assert_eq!(rebuilt.as_ref(), Some(&function));
        }
    }

    #[test]
    fn aggregates_keep_their_state() {
        let functions = [
            AggregateUDF::from(ExactPercentiles::with_fractions(vec![0.1, 0.95])),
            AggregateUDF::from(
                ExactPercentiles::decimals_of_counts().with_fraction_bits(&[0.3_f64.to_bits()]),
            ),
            AggregateUDF::from(Concurrency::new(Some((15, "Europe/Berlin".to_owned())))),
        ];
        for function in functions {
            let state = aggregate_state(&function).unwrap();
            assert_eq!(aggregate_with_state(function.name(), &state), Some(function));
        }
        assert_eq!(aggregate_state(&AggregateUDF::from(Concurrency::default())), None);
    }
}
