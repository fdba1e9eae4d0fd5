//! Named windows.
//!
//! DataFusion replaces `OVER w` in the SELECT list only. In QUALIFY and ORDER BY it plans the
//! function without its window, and in `OVER (w ORDER BY x)` it ignores `w`.

use std::ops::ControlFlow;

use datafusion::common::plan_err;
use datafusion::error::{DataFusionError, Result};
use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, Ident, NamedWindowDefinition, NamedWindowExpr, Query, Select, SelectItem, SetExpr,
    VisitMut, VisitorMut, WindowSpec, WindowType,
};

use super::refusal::refuse;

/// Replaces the names of windows in the ORDER BY of a query.
pub(super) fn resolve_in_order(query: &mut Query) -> Result<()> {
    let Some(order) = &mut query.order_by else { return Ok(()) };
    let definitions = match &*query.body {
        SetExpr::Select(select) => definitions(&select.named_window)?,
        _ => vec![],
    };
    replace(order, &definitions)
}

/// Replaces the names of windows in a SELECT.
pub(super) fn resolve(select: &mut Select) -> Result<()> {
    let definitions = definitions(&std::mem::take(&mut select.named_window))?;
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            replace(expr, &definitions)?;
        }
    }
    if let Some(Distinct::On(exprs)) = &mut select.distinct {
        exprs.iter_mut().try_for_each(|expr| replace(expr, &definitions))?;
    }
    select.qualify.as_mut().map_or(Ok(()), |expr| replace(expr, &definitions))
}

/// Returns the windows of a WINDOW clause. Each can extend one that is defined before it.
fn definitions(clause: &[NamedWindowDefinition]) -> Result<Vec<(Ident, WindowSpec)>> {
    let mut known: Vec<(Ident, WindowSpec)> = Vec::new();
    for NamedWindowDefinition(name, definition) in clause {
        if find(name, &known).is_some() {
            return plan_err!("the window {name} is defined twice");
        }
        let window = match definition {
            NamedWindowExpr::NamedWindow(other) => named(other, &known)?.clone(),
            NamedWindowExpr::WindowSpec(window) => extended(window.clone(), &known)?,
        };
        known.push((name.clone(), window));
    }
    Ok(known)
}

fn find<'a>(name: &Ident, known: &'a [(Ident, WindowSpec)]) -> Option<&'a WindowSpec> {
    let normal = |ident: &Ident| match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    };
    known.iter().find(|(own, _)| normal(own) == normal(name)).map(|(_, window)| window)
}

fn named<'a>(name: &Ident, known: &'a [(Ident, WindowSpec)]) -> Result<&'a WindowSpec> {
    match find(name, known) {
        Some(window) => Ok(window),
        // DataFusion's message, which `diagnostic::rewording` rewords.
        None => plan_err!("The window {name} is not defined!"),
    }
}

/// Returns a window merged with the window whose name it starts with.
fn extended(mut window: WindowSpec, known: &[(Ident, WindowSpec)]) -> Result<WindowSpec> {
    let Some(name) = window.window_name.take() else { return Ok(window) };
    let base = named(&name, known)?;
    if base.window_frame.is_some() {
        return refuse("a window after one that has a frame", "write the window in full");
    }
    if !window.partition_by.is_empty() || (!window.order_by.is_empty() && !base.order_by.is_empty()) {
        return plan_err!("a window cannot change the PARTITION BY or ORDER BY of the window {name}");
    }
    window.partition_by = base.partition_by.clone();
    if window.order_by.is_empty() {
        window.order_by = base.order_by.clone();
    }
    Ok(window)
}

fn replace(part: &mut impl VisitMut, known: &[(Ident, WindowSpec)]) -> Result<()> {
    match part.visit(&mut Replace { known, queries: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Replace<'a> {
    known: &'a [(Ident, WindowSpec)],
    /// Number of subqueries around the current expression, which have windows of their own.
    queries: usize,
}

impl VisitorMut for Replace<'_> {
    type Break = DataFusionError;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<DataFusionError> {
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<DataFusionError> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<DataFusionError> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        if self.queries > 0 {
            return ControlFlow::Continue(());
        }
        let Some(over) = function.over.take() else { return ControlFlow::Continue(()) };
        let window = match over {
            WindowType::NamedWindow(name) => named(&name, self.known).cloned(),
            WindowType::WindowSpec(window) => extended(window, self.known),
        };
        match window {
            Ok(window) => {
                function.over = Some(WindowType::WindowSpec(window));
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}
