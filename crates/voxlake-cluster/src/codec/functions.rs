//! Functions of plans as data.
//!
//! A function travels as its name and a [`FunctionRef`]. Encoding rebuilds the function at once and
//! compares it, so that a function with a state that is not encoded is refused.

mod text_groups;

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use serde::{Deserialize, Serialize};
use voxlake_engine::correctness::portable as corrections;
use voxlake_functions::portable::{self, FunctionState};

use self::text_groups::{KnownGroups, TextGroupRef};
use crate::error::ClusterError;

/// Description of a function of a given name, from which it is rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum FunctionRef {
    /// Function of DataFusion.
    DataFusion,
    /// Function of this release: its place among those of the same name.
    Known(usize),
    /// Function of this release with a state.
    State(FunctionState),
    /// Correction of another function of the same name.
    Corrected(Box<FunctionRef>),
    /// Function that shares groups with others.
    TextGroup(TextGroupRef),
}

/// Aggregate functions of DataFusion that sort their input unless the planner found it sorted.
const SORTING: [&str; 3] = ["array_agg", "first_value", "last_value"];

/// Returns whether two functions differ in their state at most.
fn same_type(one: &AggregateUDF, other: &AggregateUDF) -> bool {
    let type_of = |function: &AggregateUDF| {
        let function: &dyn Any = function.inner().as_ref();
        function.type_id()
    };
    type_of(one) == type_of(other)
}

/// Functions that can be rebuilt.
#[derive(Debug)]
pub(super) struct Functions {
    scalars: HashMap<String, Arc<ScalarUDF>>,
    aggregates: HashMap<String, Arc<AggregateUDF>>,
    windows: HashMap<String, Arc<WindowUDF>>,
    known_scalars: Vec<Arc<ScalarUDF>>,
    known_aggregates: Vec<Arc<AggregateUDF>>,
    text_groups: KnownGroups,
}

impl Functions {
    pub(super) fn new() -> Self {
        let scalars = SessionStateDefaults::default_scalar_functions().into_iter();
        let aggregates = SessionStateDefaults::default_aggregate_functions().into_iter();
        let windows = SessionStateDefaults::default_window_functions().into_iter();
        let known_scalars = portable::stateless_scalars().into_iter().chain(corrections::stateless_scalars());
        let known_aggregates =
            voxlake_functions::aggregate_functions().into_iter().chain(corrections::stateless_aggregates());
        Self {
            scalars: scalars.map(|function| (function.name().to_owned(), function)).collect(),
            aggregates: aggregates.map(|function| (function.name().to_owned(), function)).collect(),
            windows: windows.map(|function| (function.name().to_owned(), function)).collect(),
            known_scalars: known_scalars.map(Arc::new).collect(),
            known_aggregates: known_aggregates.map(Arc::new).collect(),
            text_groups: KnownGroups::new(),
        }
    }

    /// Encodes a scalar function.
    pub(super) fn encode_scalar(&self, function: &ScalarUDF) -> Result<Vec<u8>, ClusterError> {
        let reference = self.scalar_ref(function).ok_or_else(|| unknown(function.name()))?;
        match self.scalar(function.name(), &reference) {
            Some(rebuilt) if *rebuilt == *function => to_bytes(&reference),
            _ => Err(unknown(function.name())),
        }
    }

    /// Decodes a scalar function.
    pub(super) fn decode_scalar(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>, ClusterError> {
        self.scalar(name, &from_bytes(bytes)?).ok_or_else(|| unknown(name))
    }

    /// Encodes an aggregate function.
    pub(super) fn encode_aggregate(&self, function: &AggregateUDF) -> Result<Vec<u8>, ClusterError> {
        let reference = self.aggregate_ref(function).ok_or_else(|| unknown(function.name()))?;
        match self.aggregate(function.name(), &reference) {
            Some(rebuilt) if *rebuilt == *function => to_bytes(&reference),
            Some(rebuilt) if SORTING.contains(&function.name()) && same_type(&rebuilt, function) => {
                to_bytes(&reference)
            }
            _ => Err(unknown(function.name())),
        }
    }

    /// Decodes an aggregate function.
    pub(super) fn decode_aggregate(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<Arc<AggregateUDF>, ClusterError> {
        self.aggregate(name, &from_bytes(bytes)?).ok_or_else(|| unknown(name))
    }

    /// Encodes a window function.
    pub(super) fn encode_window(&self, function: &WindowUDF) -> Result<Vec<u8>, ClusterError> {
        let reference = self.window_ref(function).ok_or_else(|| unknown(function.name()))?;
        match self.window(function.name(), &reference) {
            Some(rebuilt) if *rebuilt == *function => to_bytes(&reference),
            _ => Err(unknown(function.name())),
        }
    }

    /// Decodes a window function.
    pub(super) fn decode_window(&self, name: &str, bytes: &[u8]) -> Result<Arc<WindowUDF>, ClusterError> {
        self.window(name, &from_bytes(bytes)?).ok_or_else(|| unknown(name))
    }

    fn scalar_ref(&self, function: &ScalarUDF) -> Option<FunctionRef> {
        let name = function.name();
        if self.scalars.get(name).is_some_and(|known| **known == *function) {
            return Some(FunctionRef::DataFusion);
        }
        let same_name = self.known_scalars.iter().filter(|known| known.name() == name);
        if let Some(place) = same_name.into_iter().position(|known| **known == *function) {
            return Some(FunctionRef::Known(place));
        }
        if let Some(inner) = corrections::wrapped_scalar(function) {
            return Some(FunctionRef::Corrected(Box::new(self.scalar_ref(inner)?)));
        }
        if let Some(reference) = self.text_groups.encode(function) {
            return Some(FunctionRef::TextGroup(reference));
        }
        portable::scalar_state(function).map(FunctionRef::State)
    }

    fn scalar(&self, name: &str, reference: &FunctionRef) -> Option<Arc<ScalarUDF>> {
        match reference {
            FunctionRef::DataFusion => self.scalars.get(name).cloned(),
            FunctionRef::Known(place) => {
                self.known_scalars.iter().filter(|known| known.name() == name).nth(*place).cloned()
            }
            FunctionRef::State(state) => portable::scalar_with_state(name, state).map(Arc::new),
            FunctionRef::Corrected(inner) => {
                Some(Arc::new(corrections::wrap_scalar(self.scalar(name, inner)?)))
            }
            FunctionRef::TextGroup(reference) => self.text_groups.decode(name, reference).map(Arc::new),
        }
    }

    fn aggregate_ref(&self, function: &AggregateUDF) -> Option<FunctionRef> {
        let name = function.name();
        if self.aggregates.get(name).is_some_and(|known| **known == *function) {
            return Some(FunctionRef::DataFusion);
        }
        // The flag that the input is sorted is not encoded. Without it the function sorts again.
        if SORTING.contains(&name)
            && self.aggregates.get(name).is_some_and(|known| same_type(known, function))
        {
            return Some(FunctionRef::DataFusion);
        }
        let same_name = self.known_aggregates.iter().filter(|known| known.name() == name);
        if let Some(place) = same_name.into_iter().position(|known| **known == *function) {
            return Some(FunctionRef::Known(place));
        }
        if let Some(inner) = corrections::wrapped_aggregate(function) {
            return Some(FunctionRef::Corrected(Box::new(self.aggregate_ref(inner)?)));
        }
        portable::aggregate_state(function).map(FunctionRef::State)
    }

    fn aggregate(&self, name: &str, reference: &FunctionRef) -> Option<Arc<AggregateUDF>> {
        match reference {
            FunctionRef::DataFusion => self.aggregates.get(name).cloned(),
            FunctionRef::Known(place) => {
                self.known_aggregates.iter().filter(|known| known.name() == name).nth(*place).cloned()
            }
            FunctionRef::State(state) => portable::aggregate_with_state(name, state).map(Arc::new),
            FunctionRef::Corrected(inner) => {
                Some(Arc::new(corrections::wrap_aggregate(self.aggregate(name, inner)?)))
            }
            FunctionRef::TextGroup(_) => None,
        }
    }

    fn window_ref(&self, function: &WindowUDF) -> Option<FunctionRef> {
        if self.windows.get(function.name()).is_some_and(|known| **known == *function) {
            return Some(FunctionRef::DataFusion);
        }
        let inner = corrections::wrapped_window(function)?;
        Some(FunctionRef::Corrected(Box::new(self.window_ref(inner)?)))
    }

    fn window(&self, name: &str, reference: &FunctionRef) -> Option<Arc<WindowUDF>> {
        match reference {
            FunctionRef::DataFusion => self.windows.get(name).cloned(),
            FunctionRef::Corrected(inner) => {
                Some(Arc::new(corrections::wrap_window(self.window(name, inner)?)))
            }
            FunctionRef::Known(_) | FunctionRef::State(_) | FunctionRef::TextGroup(_) => None,
        }
    }
}

fn unknown(name: &str) -> ClusterError {
    let reason = "its state cannot be sent".to_owned();
    ClusterError::NotPortable { part: format!("the function {name}"), reason }
}

fn to_bytes(reference: &FunctionRef) -> Result<Vec<u8>, ClusterError> {
    serde_json::to_vec(reference).map_err(|error| ClusterError::Undecodable { reason: error.to_string() })
}

fn from_bytes(bytes: &[u8]) -> Result<FunctionRef, ClusterError> {
    serde_json::from_slice(bytes).map_err(|error| ClusterError::Undecodable { reason: error.to_string() })
}

#[cfg(test)]
mod tests;
