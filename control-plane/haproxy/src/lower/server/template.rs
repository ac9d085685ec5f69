//! The servers of one `server-template` line.

use super::{Draft, ServerOptions};
use crate::ast::Directive;
use crate::lower::Lowering;
use crate::lower::check::Check;
use crate::lower::proxy::Proxy;

impl<'a> Lowering<'a> {
    /// The servers of a template. An `id` is that of the first.
    pub(super) fn server_template(
        &mut self,
        of: (&Proxy<'_, 'a>, &Check),
        line: &'a Directive,
        defaults: &ServerOptions,
    ) -> Vec<Draft> {
        let [prefix, numbers, address] = line.fixed() else { return Vec::new() };
        self.server_name(prefix);
        let draft = self.server(of, line, (prefix, address), defaults);
        let Some((draft, numbers)) = draft.zip(self.template_numbers(numbers)) else { return Vec::new() };
        (0u32..)
            .zip(numbers)
            .map(|(index, number)| {
                let mut one = Draft { name: format!("{}{number}", prefix.text()), ..draft.clone() };
                if let Some((number, _)) = &mut one.options.number {
                    *number = number.saturating_add(index);
                }
                one
            })
            .collect()
    }
}
