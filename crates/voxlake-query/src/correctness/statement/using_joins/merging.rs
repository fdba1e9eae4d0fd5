//! Joins that merge columns.

use datafusion::sql::sqlparser::ast::{
    Join, JoinConstraint, JoinOperator, Select, TableFactor, TableWithJoins,
};

pub(super) fn has_merges(select: &Select) -> bool {
    select.from.iter().any(item_merges)
}

pub(super) fn item_merges(item: &TableWithJoins) -> bool {
    factor_merges(&item.relation) || item.joins.iter().any(merges)
}

/// Returns whether a join merges columns, or stands before a join in parentheses that does.
pub(super) fn merges(join: &Join) -> bool {
    let constraint = constraint(&join.join_operator);
    matches!(constraint, Some(JoinConstraint::Using(_) | JoinConstraint::Natural))
        || factor_merges(&join.relation)
}

pub(super) fn factor_merges(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::NestedJoin { table_with_joins, .. } if item_merges(table_with_joins))
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    use JoinOperator as J;
    match operator {
        J::Join(on)
        | J::Inner(on)
        | J::Left(on)
        | J::LeftOuter(on)
        | J::Right(on)
        | J::RightOuter(on)
        | J::FullOuter(on)
        | J::CrossJoin(on)
        | J::Semi(on)
        | J::LeftSemi(on)
        | J::RightSemi(on)
        | J::Anti(on)
        | J::LeftAnti(on)
        | J::RightAnti(on)
        | J::StraightJoin(on)
        | J::AsOf { constraint: on, .. } => Some(on),
        J::CrossApply | J::OuterApply | J::ArrayJoin | J::LeftArrayJoin | J::InnerArrayJoin => None,
    }
}
